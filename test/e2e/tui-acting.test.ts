import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { waitFor } from "../support/wait-for.ts";
import { shell, TuiTown } from "./support/tui-town.ts";

vi.setConfig({ testTimeout: 60_000 });

let town: TuiTown;
beforeEach(() => {
  town = new TuiTown();
});
afterEach(() => town.dispose());

const size = { columns: 120, rows: 35 };

test("n writes the agent a line, and a toast says what was run and what came of it", async () => {
  await town.polecat("nux", shell);
  const terminal = town.open(size);
  await terminal.waitForText(/nux/);
  terminal.press("j", "n");
  await terminal.waitForText("Nudge nux");
  terminal.press("tab");
  await terminal.waitForText("› status?");
  terminal.press("ctrl-u").type("how far are you?").press("enter");
  await terminal.waitForText(/gt nudge greenplace\/polecats\/nux -m 'how far are you\?'/);
  await terminal.waitForText(/✓ (Nudged|Queued)/);
});

test("marked agents get one nudge each", async () => {
  await town.polecat("nux", shell);
  await town.polecat("slit", shell);
  const terminal = town.open({ columns: 160, rows: 45 });
  await terminal.waitForText(/nux[\s\S]*slit/);
  terminal.press("j", "space", "space");
  await terminal.waitForText("2 marked");
  terminal.press("n");
  await terminal.waitForText("Nudge nux, slit");
  terminal.type("hello").press("enter");
  await terminal.waitForText(/nudge greenplace\/polecats\/slit/);
  await terminal.waitForText(/nudge greenplace\/polecats\/nux/);
});

test("an unknown command shows its error and changes nothing", async () => {
  const terminal = town.open(size);
  await terminal.waitForText("1 Agents");
  terminal.press(":").type("xyzzy-42").press("enter");
  await terminal.waitForText(/error: .*xyzzy-42/);
  terminal.press("escape");
});

test("a session that dies says so in its pane; one that starts again is shown again", async () => {
  const address = await town.polecat("nux", shell);
  const terminal = town.open(size);
  await terminal.waitForText("nux");
  terminal.press("j", "enter");
  await terminal.waitForText("nux$");
  terminal.type("exit 3").press("enter");
  await terminal.waitForText(/crashed, exit 3|ended, exit 3/);
  await town.polecat("nux", ["/bin/sh", "-c", "echo back again; sleep 60"]);
  await terminal.waitForText("back again");
  expect(address).toContain("nux");
});

test("the wheel scrolls back in a pane, typing returns to the present", async () => {
  await town.polecat("nux", shell);
  const terminal = town.open(size);
  await terminal.waitForText("nux");
  terminal.press("j", "enter");
  await terminal.waitForText("nux$");
  terminal.type("seq 1 200").press("enter");
  await terminal.waitForText(/200[\s\S]*nux\$/);
  terminal.type("\u001b[<64;80;10M".repeat(10));
  await terminal.waitForText("lines back");
  await waitFor(() => !/│200 /.test(terminal.screen));
  terminal.type("x");
  await terminal.waitForText((screen) => !screen.includes("lines back") && screen.includes("nux$ x"));
});

test("paste reaches the session as it is, and the palette as one line", async () => {
  await town.polecat("nux", ["/bin/cat"]);
  const terminal = town.open(size);
  await terminal.waitForText("nux");
  terminal.press("j", "enter");
  await terminal.waitForText("TYPING");
  terminal.type("\u001b[200~q?one\rtwo\r\u001b[201~");
  await terminal.waitForText(/q\?one[\s\S]*two/);
  terminal.press("ctrl-]", ":");
  await terminal.waitForText("Command");
  terminal.type("\u001b[200~status\n--json\u001b[201~");
  await terminal.waitForText(": status --json");
});

test("the panes and folded rigs of the last time are there again", async () => {
  await town.polecat("nux", shell);
  await town.polecat("slit", shell);
  const first = town.open({ columns: 160, rows: 45 });
  await first.waitForText(/nux[\s\S]*slit/);
  first.press("j", "enter");
  await first.waitForText("nux$");
  first.press("ctrl-]", "j", "s");
  await first.waitForText(/nux\$.*slit\$/);
  first.press("ctrl-]", "left");
  await first.waitForText("greenplace (2)");
  first.press("q");
  await first.waitForExit();
  const second = town.open({ columns: 160, rows: 45 });
  await second.waitForText(/nux\$.*slit\$/);
  expect(second.screen).toContain("greenplace (2)");
  expect(second.screen).not.toContain("TYPING");
});

test("what is in view of a pane is copied to the clipboard", async () => {
  await town.polecat("nux", ["/bin/sh", "-c", "printf 'one\\n\\tzwei 漢\\n'; sleep 60"]);
  const terminal = town.open(size);
  await terminal.waitForText("nux");
  terminal.press("j", "[");
  await terminal.waitForText(/LOOKING[\s\S]*zwei/);
  terminal.press("y");
  await terminal.waitForText("copied 2 lines");
  expect(terminal.clipboard()).toBe("one\n        zwei 漢");
});

test("the mouse selects text in a pane and copies it", async () => {
  await town.polecat("nux", ["/bin/sh", "-c", "seq 1 200; exec cat"]);
  const terminal = town.open(size);
  await terminal.waitForText("nux");
  terminal.press("j", "enter");
  await terminal.waitForText(/│200 /);
  const { x, y } = terminal.placeOf("200 ");
  terminal.mouse("press", x, y).mouse("drag", x + 2, y);
  await terminal.waitForText("LOOKING");
  terminal.mouse("release", x + 2, y);
  await terminal.waitForText("copied 3 characters");
  expect(terminal.clipboard()).toBe("200");
});
