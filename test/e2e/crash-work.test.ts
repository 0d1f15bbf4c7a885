import { afterEach, beforeEach, expect, test } from "vitest";
import { crashPointsOf } from "../support/crash-points.ts";
import { arm, atEach, type Cell, CrashTown } from "./support/crash-town.ts";

/**
 * The agent, the host, the daemon or a command killed with -9 at each step of the work: it lands exactly once, and no
 * line that was on disk is lost, committed or not.
 */

/** Steps of the agent itself, which its script names with `pause`, beside those of our own code. */
const ownSteps = ["begun", "edited", "staged", "committing", "committed"];
const [claimed = "", primed = "", ...handingIn] = crashPointsOf("work");
/** In the order in which an agent comes to them. */
const steps = [claimed, "begun", primed, ...ownSteps.slice(1), ...handingIn];

/**
 * Works as an agent would. Its first life writes lines that no second life would write again; the commit stands still
 * while git holds the lock of the index.
 */
const script = (name: string): string => `pause begun
gt prime > /dev/null || true
if [ ! -e ${name}.lines ]; then
  head -c 30 /dev/urandom | od -An -tx1 > ${name}.lines
  cp ${name}.lines "$NOTES/lines"
fi
pause edited
git add ${name}.lines
pause staged
if ! git diff --cached --quiet; then
  (declare -p POINTS; declare -f pause) > "$NOTES/editor"
  echo 'pause committing; echo Work > "$1"' >> "$NOTES/editor"
  GIT_EDITOR="bash '$NOTES/editor'" git commit --quiet --all
fi
echo more > ${name}.more
pause committed`;

let town: CrashTown;
beforeEach(async () => {
  town = await CrashTown.make();
});
afterEach(() => town.dispose(), 90_000);

/** The agents had so many lives; the script of one that died before it began ran once less. */
async function expectNothingLost(cells: readonly Cell[], lives: number): Promise<void> {
  await town.expectLanded();
  for (const cell of cells) {
    const { name } = cell;
    const lines = town.note(cell, "lines");
    expect(town.git("show", `main:${name}.lines`), `${name}: the lines of the first life`).toBe(lines);
    expect(town.git("show", `main:${name}.more`)).toBe("more\n");
  }
  const begun = cells.map((cell) => town.note(cell, "lives").trimEnd().split("\n").length);
  expect(begun.toSorted()).toEqual([...cells.slice(1).map(() => lives), 1].toSorted());
}

test("the agent killed at any step of its work: started again, it goes on with the files it had", async () => {
  const { cells } = await town.agentsAt(steps, script);
  for (const cell of cells) town.killAgent(cell);
  await town.allDead();
  await town.restartAgents(cells);
  await expectNothingLost(cells, 2);
}, 300_000);

test("the host killed at any step of the work: its agents begin again with the files they had", async () => {
  const { cells } = await town.agentsAt(steps, script);
  // Their terminals go with it.
  town.killHost();
  await town.restartAgents(cells);
  await expectNothingLost(cells, 2);
}, 300_000);

test("the daemon killed at every step of an agent's work: the agent does not notice", async () => {
  const cell = await town.cell("daemon", script);
  for (const step of steps) arm(cell, step);
  await town.up();
  await town.sling(cell);
  await atEach(cell, steps, () => town.replaceDaemon());
  await expectNothingLost([cell], 1);
}, 300_000);

test("a command of the work killed at any step: the agent, or the one after it, goes on", async () => {
  const cells: Cell[] = [];
  for (const step of crashPointsOf("work")) {
    const cell = await town.cell(step, script);
    cells.push(cell);
    await town.sling(cell, step);
  }
  await town.allDead();
  await town.restartAgents(cells);
  await town.expectLanded();
}, 300_000);
