import { afterEach, beforeEach, expect, test } from "vitest";
import { watchLoops } from "../../../src/agents/patrols/watch-loops.ts";
import type { DutyStatus } from "../../../src/agents/daemon/duty-runner.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { addSleep } from "../../../src/core/health/machine-sleep.ts";
import { PlainTown } from "../../support/plain-town.ts";

const minute = 60_000;
const now = 1_000_000_000_000;
let town: PlainTown;
let access: TownAccess;
beforeEach(async () => {
  town = new PlainTown();
  access = { ...(await town.access("daemon")), clock: { now: () => now } };
});
afterEach(() => town.dispose());

const loop = (key: string, agoMs: number, isRunning = false): DutyStatus => ({
  ...{ key, isRunning, intervalMs: minute, timeoutMs: 2 * minute, runs: 1, failures: 0 },
  ...{ lastStartedAt: now - agoMs, lastEndedAt: now - agoMs },
});
const escalations = async () => (await access.ledger.find({ type: "escalation" })).map(({ title }) => title);

test("a loop of a rig that is silent for three intervals is woken; the second time somebody is told, once", async () => {
  const well = [loop("witness:greenplace", 3 * minute), loop("refinery:greenplace", 3 * minute, true)];
  expect(await watchLoops(access, [...well, loop("doctor", 99 * minute)])).toEqual([]);
  const silent = [loop("witness:greenplace", 3 * minute + 1), loop("refinery:greenplace", 4 * minute, true)];
  expect(await watchLoops(access, silent)).toEqual(["witness:greenplace", "refinery:greenplace"]);
  expect(await escalations()).toEqual([]);
  for (let again = 0; again < 3; again++) await watchLoops(access, silent);
  expect((await escalations()).sort()).toEqual([
    "the loop refinery:greenplace of the daemon does not come round",
    "the loop witness:greenplace of the daemon does not come round",
  ]);
  await watchLoops(access, well);
  expect(await access.ledger.rows("patrols", { prefix: "loop:" })).toEqual([]);
  expect(await access.ledger.find({ type: "escalation", notStatus: "closed" }), "06 §8.2").toEqual([]);
});

test("nobody comes round while the machine sleeps", async () => {
  await access.ledger.write("daemon", [addSleep([], { from: now - 60 * minute, to: now - minute })]);
  expect(await watchLoops(access, [loop("witness:greenplace", 62 * minute)])).toEqual([]);
});
