import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { townSettingsFile } from "../../src/core/town/paths.ts";
import type { TestTerminal } from "../support/terminal.ts";
import { waitFor } from "../support/wait-for.ts";
import { shell, TuiTown } from "./support/tui-town.ts";

vi.setConfig({ testTimeout: 60_000 });

let town: TuiTown;
beforeEach(() => {
  town = new TuiTown();
});
afterEach(() => town.dispose());

/** Nothing of the TUI is left behind: normal screen, visible cursor, no mouse, focus or paste reports. */
function expectRestored(terminal: TestTerminal): void {
  expect(terminal.alternate).toBe(false);
  expect(terminal.modes.mouseTrackingMode).toBe("none");
  expect(terminal.modes.bracketedPasteMode).toBe(false);
  expect(terminal.modes.sendFocusMode).toBe(false);
  expect(terminal.output.lastIndexOf("\u001b[?25h")).toBeGreaterThan(
    terminal.output.lastIndexOf("\u001b[?25l"),
  );
}

for (const [columns, rows] of [
  [80, 24],
  [120, 35],
  [200, 50],
] as const)
  test(`agents, convoys and events of a real town show at ${columns}x${rows}, and q gives the terminal back`, async () => {
    const [login] = await town.convoy("Auth system", ["Add login", "Tidy docs"]);
    await town.polecat("nux", shell, login);
    const terminal = town.open({ columns, rows });
    const screen = await terminal.waitForText(/nux[\s\S]*●/);
    expect(screen).toContain("gastown");
    expect(screen).toMatch(/q quit/);
    expect(screen).toContain("Auth system");
    expect(screen).toContain("0/2");
    await terminal.waitForText("slung");
    // A change in the ledger shows by itself.
    const ledger = await town.ledger();
    await ledger.write("overseer", [{ op: "close", id: town.beads[1] ?? "", close: { reason: "done" } }]);
    await terminal.waitForText("1/2");
    terminal.press("q");
    expect(await terminal.waitForExit()).toBe(0);
    expectRestored(terminal);
  });

test("a session is opened, typed into, left, split, zoomed and closed", async () => {
  await town.polecat("nux", shell);
  await town.polecat("slit", shell);
  const terminal = town.open({ columns: 160, rows: 45 });
  await terminal.waitForText(/nux[\s\S]*slit/);
  terminal.press("j", "enter");
  await terminal.waitForText(/TYPING[\s\S]*nux\$/);
  terminal.type("echo $((6 * 7))").press("enter");
  await terminal.waitForText("42");
  // Keys that the TUI uses elsewhere belong to the session now.
  terminal.type("echo q?:p").press("enter");
  await terminal.waitForText(/^.*│q\?:p/m);
  terminal.press("ctrl-]");
  await terminal.waitForText((screen) => !screen.includes("TYPING"));
  terminal.press("j", "s");
  await terminal.waitForText(/nux\$.*slit\$/);
  terminal.press("ctrl-]", "z");
  await terminal.waitForText((screen) => screen.includes("slit$") && !screen.includes("nux$"));
  terminal.press("ctrl-]", "X");
  await terminal.waitForText((screen) => screen.includes("nux$") && !screen.includes("slit$"));
  terminal.press("q");
  expect(await terminal.waitForExit()).toBe(0);
  // The agents keep running.
  const sessions = await (await town.host()).list();
  expect(sessions.map(({ phase }) => phase)).not.toContain("exited");
});

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const)
  test(`${signal} restores the terminal`, async () => {
    const terminal = town.open({ columns: 80, rows: 24 });
    await terminal.waitForText("gastown");
    terminal.kill(signal);
    const code = await terminal.waitForExit();
    expect(code).toBe({ SIGTERM: 143, SIGHUP: 129, SIGINT: 130 }[signal]);
    expectRestored(terminal);
  });

test("an exception restores the terminal and is printed behind", async () => {
  const terminal = town.open(
    { columns: 80, rows: 24 },
    {
      env: {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('process.on("SIGUSR2",()=>{throw new Error("kaboom")})')}`,
      },
    },
  );
  await terminal.waitForText("gastown");
  terminal.kill("SIGUSR2");
  expect(await terminal.waitForExit()).toBe(1);
  expectRestored(terminal);
  expect(terminal.screen).toContain("kaboom");
});

test("stopped and continued, the terminal is given back and taken again", async () => {
  const terminal = town.open({ columns: 80, rows: 24 });
  await terminal.waitForText("gastown");
  terminal.kill("SIGTSTP");
  await waitFor(() => !terminal.alternate, { what: "the normal screen" });
  terminal.kill("SIGCONT");
  await terminal.waitForText("gastown");
  expect(terminal.alternate).toBe(true);
  terminal.press("q");
  expect(await terminal.waitForExit()).toBe(0);
});

test("a settings file that is not JSON is told, and the town shows all the same", async () => {
  await town.polecat("nux", shell);
  const file = townSettingsFile(town.plain.root);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "{ not json");
  const terminal = town.open({ columns: 160, rows: 45 });
  await terminal.waitForText("config.json");
  await terminal.waitForText("nux");
  terminal.press("q");
  expect(await terminal.waitForExit()).toBe(0);
});
