import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { type DaemonRestarts, nextRestart } from "../../../src/agents/daemon/daemon-restarts.ts";
import { noticeCommand } from "../../../src/agents/daemon/desktop-notice.ts";
import { ownProgram } from "../../../src/agents/sessions/own-program.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { runGt } from "../../support/run-cli.ts";
import { spawnSync } from "node:child_process";

const minute = 60_000;
const start = 1_000_000_000_000;

test("a daemon that fails is started five times within an hour, and then no more", () => {
  let restarts: DaemonRestarts = { restartedAt: [] };
  for (let death = 0; death < 5; death++) restarts = nextRestart(restarts, start + death * minute, "");
  expect(restarts.gaveUp).toBeUndefined();
  expect(nextRestart(restarts, start + 60 * minute, "").gaveUp, "the first was an hour ago").toBeUndefined();
  const after = nextRestart(restarts, start + 59 * minute, "it hangs in doctor");
  expect(after.gaveUp?.reason).toBe(
    "the daemon failed 6 times within an hour and is not started any more: it hangs in doctor",
  );
  expect(nextRestart(after, start + 999 * minute, ""), "only a person begins anew").toBe(after);
});

test("a notice is for those who have a screen, and none of its text is an option or a program", () => {
  const words = ["-e evil", 'say "hi" \\'] as const;
  expect(noticeCommand(...words, "linux", { DISPLAY: ":0" })).toEqual(["notify-send", "--", ...words]);
  expect(noticeCommand(...words, "darwin", {})).toEqual([
    "osascript",
    "-e",
    'display notification "say \\"hi\\" \\\\" with title "-e evil"',
  ]);
  expect(noticeCommand(...words, "linux", {})).toEqual([]);
  expect(noticeCommand(...words, "darwin", { CI: "1" })).toEqual([]);
});

test("a daemon that failed too often does not run, every command says why, and a person starts it again", async () => {
  const town = new PlainTown();
  onTestFinished(async () => {
    await stopDaemon(town.town);
    await town.dispose();
  });
  const gt = (...args: readonly string[]) => runGt(args, { cwd: town.root });
  const now = Date.now();
  const restartedAt = [5, 4, 3, 2, 1].map((ago) => now - ago * minute);
  town.write("daemon/restarts.json", { restartedAt });
  town.write("daemon/last-words", "the daemon hangs in doctor");
  const ended = spawnSync(process.execPath, [ownProgram("daemon"), town.root, "--supervised"], {
    env: { ...process.env, CI: "1" },
  });
  expect([ended.status, ended.signal], "the supervisor does not try again").toEqual([0, null]);
  expect(readFileSync(join(town.root, "logs/daemon.log"), "utf8")).toContain("a person starts it");
  const why = /^warning: the daemon failed 6 times within an hour .*\(gt daemon start\)$/m;
  for (const args of [
    ["rig", "list"],
    ["agents", "list"],
  ])
    expect((await gt(...args)).stderr).toMatch(why);
  expect((await gt("daemon", "start")).stdout).toContain("daemon started");
  expect((await gt("rig", "list")).stderr).toBe("");
}, 60_000);
