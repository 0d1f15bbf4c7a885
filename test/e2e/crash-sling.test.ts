import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { crashPointsOf } from "../support/crash-points.ts";
import type { CliResult } from "../support/run-cli.ts";
import { arm, atEach, type Cell, CrashTown, reached, release } from "./support/crash-town.ts";

/**
 * The command, the daemon, the host or the agent killed with -9 at each step of `gt sling`: every bead lands exactly
 * once, as if nothing had happened.
 */
const points = crashPointsOf("sling");
let town: CrashTown;

beforeEach(async () => {
  town = await CrashTown.make();
  const { code, stderr } = await town.gt([
    "config",
    "agent",
    "set",
    "fails",
    "false",
    "--provider",
    "claude",
  ]);
  expect(code, stderr).toBe(0);
}, 90_000);
afterEach(() => town.dispose(), 90_000);

/** How a sling comes to the point: most do by themselves. */
async function prepare(point: string): Promise<{ cell: Cell; sling: (env: object) => Promise<CliResult> }> {
  const isTakenOver = point === "sling.preserve";
  // Its first holder works until somebody takes it away; the scripts of both are the same.
  const cell = await town.cell(point, isTakenOver ? 'until [ -e "$NOTES/go" ]; do sleep 0.05; done' : "");
  if (isTakenOver) await town.sling(cell);
  const flags = isTakenOver ? ["--force"] : point === "sling.undo" ? ["--agent", "fails"] : [];
  return { cell, sling: (env) => town.gt(["sling", cell.bead, "web", ...flags], { ...env }) };
}

interface Paused {
  readonly point: string;
  readonly cell: Cell;
  readonly result: Promise<CliResult>;
}

/** One sling stands still at each of the steps. */
async function pauseAt(chosen: readonly string[]): Promise<readonly Paused[]> {
  const pauses: Paused[] = [];
  // Who is about to take a seat keeps the others from theirs, so it comes last.
  const others = chosen.filter((point) => point !== "sling.allocate");
  for (const point of [...others, ...chosen.filter((each) => !others.includes(each))]) {
    if (pauses.length % 3 === 0 || pauses.length === others.length) await allReached(pauses);
    const { cell, sling } = await prepare(point);
    arm(cell, point);
    pauses.push({ point, cell, result: sling({ GT_TEST_PAUSE: cell.directory }) });
  }
  await allReached(pauses);
  return pauses;
}

async function allReached(pauses: readonly Paused[]): Promise<void> {
  for (const { cell, point } of pauses) await reached(cell, point);
}

async function goOn(pauses: readonly Paused[]): Promise<readonly CliResult[]> {
  for (const { cell, point } of pauses) release(cell, point);
  return Promise.all(pauses.map(({ result }) => result));
}

const letHoldersEnd = (cells: readonly Cell[]): void => {
  for (const { directory } of cells) writeFileSync(join(directory, "go"), "");
};

/** The person does what the command said, or nothing where the bead is on its way already. */
async function slingAgain(cells: readonly Cell[]): Promise<void> {
  for (const { bead } of cells) {
    const again = await town.gt(["sling", bead, "web"]);
    // What recovery has brought on its way may have landed meanwhile.
    if (again.code !== 0)
      expect((await town.ledger.get(bead))?.status, again.stderr).toMatch(/closed|in_progress/);
  }
}

test("gt sling killed at any step: slung again, every bead lands exactly once", async () => {
  const cells: Cell[] = [];
  for (const point of points) {
    const { cell, sling } = await prepare(point);
    cells.push(cell);
    const { signal } = await sling({ GT_TEST_CRASH: point });
    expect(signal, `the command reaches ${point}`).toBe("SIGKILL");
  }
  letHoldersEnd(cells);
  await town.up();
  await town.settled();
  await slingAgain(cells);
  await town.expectLanded();
}, 300_000);

test("the daemon killed at every step of gt sling: the command does not need it", async () => {
  await town.up();
  const common = points.filter((point) => !["sling.preserve", "sling.undo"].includes(point));
  for (const rare of ["sling.finished", "sling.preserve", "sling.undo"]) {
    const { cell, sling } = await prepare(rare);
    const passed = rare === "sling.finished" ? common : [rare];
    for (const point of passed) arm(cell, point);
    const result = sling({ GT_TEST_PAUSE: cell.directory });
    await atEach(cell, passed, () => town.replaceDaemon());
    const { code, stderr } = await result;
    expect(code, `${rare}: ${stderr}`).toBe(rare === "sling.undo" ? 1 : 0);
    letHoldersEnd([cell]);
    if (rare === "sling.undo") await slingAgain([cell]);
  }
  await town.expectLanded();
}, 300_000);

test("the host killed at any step of gt sling: the bead is slung or as it was, and lands", async () => {
  await town.up();
  const pauses = await pauseAt(points);
  town.killHost();
  const results = await goOn(pauses);
  for (const [index, { code, signal }] of results.entries())
    expect([code, signal], pauses[index]?.point).toEqual([expect.any(Number), null]);
  letHoldersEnd(pauses.map(({ cell }) => cell));
  await town.settled();
  await slingAgain(pauses.map(({ cell }) => cell));
  await town.expectLanded();
}, 300_000);

test("the agent killed while gt sling is still at it: it is started again, and the bead lands", async () => {
  await town.up();
  // There is an agent once its session runs, and one from whom a bead is taken.
  const pauses = await pauseAt(["sling.session.done", "sling.finished", "sling.preserve"]);
  for (const { cell } of pauses.slice(0, 2)) town.killAgent(cell);
  await goOn(pauses.slice(0, 2));
  await town.killDaemon();
  await town.up();
  for (const { cell } of pauses.slice(2)) town.killAgent(cell);
  const [robbed] = await goOn(pauses.slice(2));
  expect(robbed?.code, robbed?.stderr).toBe(0);
  letHoldersEnd(pauses.map(({ cell }) => cell));
  await town.expectLanded();
}, 300_000);
