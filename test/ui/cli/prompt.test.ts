import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliEnv, runGt } from "../../support/run-cli.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { openTerminal } from "../../support/terminal.ts";

const gt = join(import.meta.dirname, "../../../bin/gt");

function filledDirectory(): string {
  const directory = join(temporaryDirectory(), "town");
  mkdirSync(directory);
  writeFileSync(join(directory, "notes.txt"), "mine");
  return directory;
}

it("asks a person, and Ctrl-C at the question ends with 130 and changes nothing", async () => {
  const cwd = filledDirectory();
  using terminal = openTerminal(process.execPath, [gt, "install", "."], {
    cwd,
    env: cliEnv({ TERM: "xterm" }),
  });
  await terminal.waitForText("[y/N]");
  terminal.press("ctrl-c");
  expect(await terminal.waitForExit()).toBe(130);
  expect(readdirSync(cwd)).toEqual(["notes.txt"]);
});

it("takes anything but yes for no", async () => {
  const cwd = filledDirectory();
  using terminal = openTerminal(process.execPath, [gt, "install", "."], {
    cwd,
    env: cliEnv({ TERM: "xterm" }),
  });
  await terminal.waitForText("[y/N]");
  terminal.press("enter");
  expect(await terminal.waitForExit()).toBe(1);
  expect(readdirSync(cwd)).toEqual(["notes.txt"]);
});

it("does not ask an agent, a script or a reader of JSON, and says which flag answers", async () => {
  const cwd = filledDirectory();
  for (const [args, env] of [
    [["install", "."], {}],
    [["install", ".", "--json"], {}],
    [["install", "."], { GT_AGENT_MODE: "1" }],
  ] as const) {
    const result = await runGt(args, { cwd, env });
    expect(result.code).toBe(1);
    expect(result.stdout + result.stderr).toContain("--force");
  }
  expect(readdirSync(cwd)).toEqual(["notes.txt"]);
});
