import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stopDaemon } from "../../src/agents/daemon/daemon-control.ts";
import { connectHost } from "../../src/agents/sessions/client.ts";
import { crashPointsOf, expectKnown } from "../support/crash-points.ts";
import { arm, atEach, type Cell, CrashTown } from "./support/crash-town.ts";

/**
 * The daemon, the host, an agent or a command killed with -9 at each step of a merge: every branch lands exactly once,
 * and the agents that work meanwhile lose nothing.
 */
const points = crashPointsOf("mq");
let town: CrashTown;
/** Where the daemon stands still. */
let daemon: { readonly directory: string };

beforeEach(async () => {
  town = await CrashTown.make();
  daemon = { directory: join(town.scratch.outside, "daemon") };
  mkdirSync(daemon.directory);
});
afterEach(async () => {
  expectKnown(daemon.directory);
  await town.dispose();
}, 90_000);

/** Agents in the middle of their work, which they end when they are told to. */
async function workers(...labels: readonly string[]): Promise<readonly Cell[]> {
  const cells: Cell[] = [];
  for (const label of labels) {
    const cell = await town.cell(label, 'until [ -e "$NOTES/go" ]; do sleep 0.05; done');
    await town.sling(cell);
    cells.push(cell);
  }
  return cells;
}

const endWork = ({ directory }: Cell): void => writeFileSync(join(directory, "go"), "");

test("the host killed at every step of a merge: the merge does not need it", async () => {
  const [cell] = await workers("host");
  if (cell === undefined) throw new Error("a worker");
  for (const point of points) arm(daemon, point);
  const child = await town.pausableDaemon(daemon.directory);
  endWork(cell);
  await atEach(daemon, points, async () => {
    // The daemon starts a new one three times in a minute.
    (await connectHost(town.scratch.town)).disconnect();
    town.killHost();
  });
  await town.expectLanded();
  child.kill("SIGTERM");
  await once(child, "exit");
}, 300_000);

test("agents killed at every step of a merge, then the daemon: every branch lands once", async () => {
  const [merging, ...working] = await workers("merging", ...points);
  if (merging === undefined) throw new Error("a worker");
  for (const point of points) arm(daemon, point);
  const watched = await town.pausableDaemon(daemon.directory);
  endWork(merging);
  await atEach(daemon, points, async (_, index) => {
    const cell = working[index];
    if (cell !== undefined) town.killAgent(cell);
  });
  await town.landed(merging);
  const ended = once(watched, "exit");
  watched.kill("SIGTERM");
  await ended;
  await town.restartAgents(working);
  await stopDaemon(town.scratch.town);

  for (const [index, point] of points.entries())
    await town.daemonDiesAt(daemon, point, async () => {
      // The branch of the step before lands first.
      await town.settledQueue();
      arm(daemon, point);
      const cell = working[index];
      if (cell !== undefined) endWork(cell);
    });
  await town.up();
  await town.expectLanded();
}, 300_000);

test("a command that finalises by hand killed at any of its steps: every branch lands once", async () => {
  // Claiming, gates and pushes are the daemon's alone.
  for (const point of points.filter((each) => ["mq.closed", "mq.cleaned"].includes(each))) {
    const [cell] = await workers(`${point} command`);
    if (cell === undefined) throw new Error("a worker");
    arm(daemon, "mq.pushed");
    await town.daemonDiesAt(daemon, "mq.pushed", () => endWork(cell));
    const request = String((await town.ledger.get(cell.bead))?.metadata["awaiting_merge"]);
    const { signal, stderr } = await town.gt(["mq", "post-merge", request], { GT_TEST_CRASH: point });
    expect(signal, stderr).toBe("SIGKILL");
    await town.up();
    await town.landed(cell);
    await stopDaemon(town.scratch.town);
  }
  await town.up();
  await town.expectLanded();
}, 300_000);
