import { mkdirSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { lastWordsFile, takeRestart } from "../../../src/agents/daemon/daemon-restarts.ts";
import { identityFile, writeIdentity } from "../../../src/agents/daemon/daemon-state.ts";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { keepDaemon } from "../../../src/agents/daemon/keep-daemon.ts";
import { processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { acquireLock } from "../../../src/core/lock/lock.ts";
import { townPaths } from "../../../src/core/town/paths.ts";
import type { Town } from "../../../src/core/town/town.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

function setUp() {
  const root = temporaryDirectory();
  const town = { root, paths: townPaths(root, {}) } as Town;
  for (const path of [town.paths.locks, town.paths.daemon]) mkdirSync(path, { recursive: true });
  let starts = 0;
  const watch = () => {
    const keeper = keepDaemon(town, () => undefined, {
      lookEveryMs: 10,
      start: async () => void starts++,
    });
    onTestFinished(() => keeper.close());
  };
  const looks = () => new Promise((resolve) => setTimeout(resolve, 120));
  return { town, watch, looks, starts: () => starts };
}

const dead = { pid: 2 ** 22 + 1, startedAt: "1@gone", version: "0" };

test("a daemon that died is started again", async () => {
  const { town, watch, starts } = setUp();
  await writeIdentity(town, dead);
  watch();
  await waitFor(() => starts() > 0, { what: "a start" });
});

test("a daemon that lives is left alone", async () => {
  const { town, watch, looks, starts } = setUp();
  await writeIdentity(town, { ...dead, pid: process.pid, startedAt: processStartTime(process.pid) ?? "" });
  watch();
  await looks();
  expect(starts()).toBe(0);
});

test("a daemon that was stopped, or never ran, stays so", async () => {
  const { town, watch, looks, starts } = setUp();
  watch();
  await looks();
  expect([starts(), identityFile(town).endsWith("daemon.pid")]).toEqual([0, true]);
});

test("in a town that is down nobody starts anything", async () => {
  const { town, watch, looks, starts } = setUp();
  await writeIdentity(town, dead);
  await writeDesired(town, "down", "overseer");
  watch();
  await looks();
  expect(starts()).toBe(0);
});

test("a gt down that was killed after it had stopped the daemon is gone on with, not one that is still at it (§12)", async () => {
  const { town, watch, looks, starts } = setUp();
  await writeDesired(town, "down", "overseer", systemClock, "all");
  const down = await acquireLock(town.paths.locks, "shutdown");
  watch();
  await looks();
  expect(starts()).toBe(0);
  down.release();
  await waitFor(() => starts() > 0, { what: "a start" });
});

test("a daemon that was given up is left to a person", async () => {
  const { town, watch, looks, starts } = setUp();
  await writeIdentity(town, dead);
  const now = Date.now();
  for (let death = 0; death < 6; death++) {
    writeFileSync(lastWordsFile(town), "it hangs");
    await takeRestart(town, now);
  }
  watch();
  await looks();
  expect(starts()).toBe(0);
});
