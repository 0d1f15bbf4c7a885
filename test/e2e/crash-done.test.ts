import { afterEach, beforeEach, expect, test } from "vitest";
import { crashPointsOf } from "../support/crash-points.ts";
import { arm, atEach, type Cell, CrashTown } from "./support/crash-town.ts";

/**
 * The command, the agent, the host or the daemon killed with -9 at each step of `gt done`: the work is handed in once
 * and lands exactly once.
 */
const points = crashPointsOf("done");
let town: CrashTown;

beforeEach(async () => {
  town = await CrashTown.make();
});
afterEach(() => town.dispose(), 90_000);

test("gt done killed at any step under a living agent: called again, it ends what was begun", async () => {
  const cells: Cell[] = [];
  for (const point of points) {
    const name = point.replaceAll(".", "-");
    const work = `echo ${name} > ${name}.txt\ngit add --all\ngit commit --quiet -m "${name}"`;
    const cell = await town.cell(
      point,
      `${work}\ncode=0; GT_TEST_CRASH=${point} gt done || code=$?; echo $code > "$NOTES/code"; exit 0`,
    );
    await town.sling(cell);
    cells.push(cell);
  }
  for (const cell of cells) await town.awaitsMerge(cell);
  await town.allDead();
  expect(cells.map((cell) => [cell.name, town.note(cell, "code")])).toEqual(
    cells.map((cell) => [cell.name, "137\n"]),
  );
  await town.up();
  await town.expectLanded();
}, 300_000);

test("an agent killed at any step of its gt done: what was begun is ended without it", async () => {
  const { cells } = await town.agentsAt(points);
  for (const cell of cells) town.killAgent(cell);
  await town.allDead();
  await town.restartAgents(cells);
  await town.expectLanded();
}, 300_000);

test("the host killed at any step of gt done: what was begun is ended without it", async () => {
  const { cells } = await town.agentsAt(points);
  town.killHost();
  await town.restartAgents(cells);
  await town.expectLanded();
}, 300_000);

test("the daemon killed at every step of one gt done: the agent does not notice", async () => {
  const cell = await town.cell("daemon");
  for (const point of points) arm(cell, point);
  await town.up();
  await town.sling(cell);
  await atEach(cell, points, () => town.replaceDaemon());
  await town.allDead();
  expect(town.session(cell)).toMatchObject({ exitCode: 0 });
  expect(town.note(cell, "lives")).toBe("life\n");
  await town.expectLanded();
}, 300_000);
