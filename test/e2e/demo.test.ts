import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cliEnv, runGt } from "../support/run-cli.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { TestTerminal } from "../support/terminal.ts";

/** Command lines of everything that runs in or on this directory. */
function processesAround(directory: string): readonly string[] {
  return readdirSync("/proc").flatMap((entry) => {
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ");
      const environment = readFileSync(`/proc/${entry}/environ`, "utf8");
      return command.includes(directory) || environment.includes(`GT_TOWN_ROOT=${directory}`)
        ? [command]
        : [];
    } catch {
      return []; // not a process, or gone, or somebody else's
    }
  });
}

test("the demo lands everything that can land, says what waits for a person, and leaves nothing behind", async () => {
  const temporary = temporaryDirectory();
  const { code, stdout, stderr } = await runGt(["demo", "--plain", "--fast"], {
    env: { TMPDIR: temporary, XDG_STATE_HOME: temporary },
    timeoutMs: 280_000,
  });
  expect(code, stderr + stdout.slice(-2000)).toBe(0);
  expect(stdout).toContain("11 beads landed");
  expect(stdout).toMatch(/1 bead waits for a person: no-\w+ "Archive old notes"/);
  // The one that breaks the gate and the one that conflicts were done again.
  expect(stdout).toMatch(/merge failed: polecat\/.*test/);
  expect(stdout).toMatch(/conflict: polecat\//);
  expect(stdout).toMatch(/landed Checkout people trust \(6\/6\)/);
  expect(readdirSync(temporary).filter((name) => name.startsWith("gastown-demo"))).toEqual([]);
  if (process.platform === "linux") expect(processesAround(temporary)).toEqual([]);
}, 300_000);

test("the demo refuses a directory that holds something, and changes nothing there", async () => {
  const directory = temporaryDirectory();
  const { code, stderr } = await runGt(["demo", "/etc"], { cwd: directory });
  expect(code).toBe(1);
  expect(stderr).toContain("/etc is not empty");
});

test("in a terminal the demo shows who waits, the person answers in that agent's terminal, and q takes the town down", async () => {
  const temporary = temporaryDirectory();
  const terminal = openDemo(temporary);
  await terminal.waitForText("Notes people", 60_000);
  terminal.press("p");
  await terminal.waitForText(/STALL[\s\S]*no progress/, 90_000);
  terminal.press("enter");
  await terminal.waitForText(/type a number/, 30_000);
  terminal.type("6").press("enter");
  terminal.press("ctrl-]");
  await terminal.waitForText(/landed Notes people can find/, 90_000);
  terminal.press("q");
  await terminal.waitForText(
    /the demo is gone; nothing of it is left running[\s\S]*gt install ~\/gt/,
    60_000,
  );
  expect(await terminal.waitForExit(60_000)).toBe(0);
  expect(readdirSync(temporary).filter((name) => name.startsWith("gastown-demo"))).toEqual([]);
  if (process.platform === "linux") expect(processesAround(temporary)).toEqual([]);
}, 300_000);

test("closing the window of the demo takes its town down, too", async () => {
  const temporary = temporaryDirectory();
  const terminal = openDemo(temporary);
  await terminal.waitForText("Notes people", 60_000);
  terminal.kill("SIGHUP");
  expect(await terminal.waitForExit(60_000)).toBe(129);
  expect(readdirSync(temporary).filter((name) => name.startsWith("gastown-demo"))).toEqual([]);
  if (process.platform === "linux") expect(processesAround(temporary)).toEqual([]);
}, 300_000);

function openDemo(temporary: string): TestTerminal {
  return new TestTerminal(process.execPath, [join(import.meta.dirname, "../../bin/gt"), "demo", "--fast"], {
    columns: 120,
    rows: 35,
    env: cliEnv({ TMPDIR: temporary, XDG_STATE_HOME: temporary, TERM: "xterm-256color" }),
  });
}
