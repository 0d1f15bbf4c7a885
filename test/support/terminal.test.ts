import { expect, test } from "vitest";
import { openTerminal } from "./terminal.ts";

test("a test terminal shows what a program draws and hands it what is typed", async () => {
  using terminal = openTerminal(
    "sh",
    [
      "-c",
      "printf 'name? '; read -r name; printf '\\033[31mhello %s\\033[0m\\n' \"$name\"; stty size; read -r rest",
    ],
    { columns: 60, rows: 10 },
  );
  await terminal.waitForText("name?");
  terminal.type("nux").press("enter");
  await terminal.waitForText("hello nux");
  await terminal.waitForText("10 60");
  expect(terminal.styled).toContain("\x1b[31mhello nux");
  terminal.press("ctrl-d");
  expect(await terminal.waitForExit()).toBe(1);
});
