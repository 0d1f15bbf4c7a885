import fc from "fast-check";
import { expect, test } from "vitest";
import { at, isAlive, minute, second, SimTown, type Step } from "./simulated-town.ts";

const agents = 3;
const beads = 4;
const bead = fc.nat(beads - 1);
const agent = fc.nat(agents - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("sling" as const), bead, agent, force: fc.boolean() }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...(["kill", "kill", "progress", "commit", "commit", "done", "done-half", "close-own"] as const),
        ...(["handoff", "nuke-half"] as const),
      ),
      agent,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(...(["close", "land", "land-half", "land-by-hand", "reject"] as const)),
      bead,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "lose-host" as const,
        "restart-daemon" as const,
        "remote-down" as const,
        "remote-up" as const,
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("time" as const), seconds: fc.integer({ min: 1, max: 2400 }) }),
  },
);

/** Beyond this nothing may be left lying: the longest backoff, the longest wait for an answer, some sweeps. */
const deadlineMs = 45 * minute;

/** What the town owes somebody: work that nobody goes on with and of which nobody has been told. */
function debts(town: SimTown): readonly string[] {
  const found: string[] = [];
  for (const [index, each] of town.agents.entries()) {
    if (each.bead === undefined || town.asked.has(`agent${index}`)) continue;
    const isClosed = at(town.beads, each.bead).status === "closed";
    if (isClosed) found.push(`closed bead ${each.bead} is on the hook of agent ${index}`);
    else if (!isAlive(each)) found.push(`agent ${index} is dead with bead ${each.bead} on its hook`);
    else if (each.exitType !== "") found.push(`agent ${index} has finished bead ${each.bead} but holds it`);
  }
  for (const [index, each] of town.beads.entries()) {
    if (each.holder === undefined || town.asked.has(`bead${index}`) || each.status === "closed") continue;
    const waits = each.request !== undefined && at(town.requests, each.request).status === "open";
    if (!waits && at(town.agents, each.holder).bead !== index)
      found.push(`bead ${index} is held by agent ${each.holder}, which does not have it`);
  }
  return found;
}

test("whatever happens in whatever order: one live holder, no dispatch after a merge, no harm to who gets on, and every orphan is settled in time", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 90, size: "max" }), (steps) => {
      const town = new SimTown(agents, beads);
      for (const each of steps) {
        town.apply(each);
        town.sweep();
        expect(town.check()).toEqual([]);
      }
      // Left alone, with a network, everything comes to an end of which somebody knows.
      town.apply({ kind: "remote-up" });
      for (let waited = 0; waited < deadlineMs; waited += 30 * second) {
        town.apply({ kind: "time", seconds: 30 });
        town.sweep();
        expect(town.check()).toEqual([]);
      }
      expect(debts(town)).toEqual([]);
    }),
    { numRuns: Number(process.env["GT_TEST_RUNS"] ?? 400) },
  );
});

test("a daemon that dies after each single action of its sweeps still settles everything", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const town = new SimTown(agents, beads);
      for (const each of steps) {
        town.apply(each);
        town.crashAfter = 1;
        town.sweep();
        expect(town.check()).toEqual([]);
      }
      town.apply({ kind: "remote-up" });
      for (let waited = 0; waited < deadlineMs; waited += 30 * second) {
        town.apply({ kind: "time", seconds: 30 });
        for (let lives = 0; lives < 3; lives++) {
          town.crashAfter = 1;
          town.sweep();
        }
        expect(town.check()).toEqual([]);
      }
      expect(debts(town)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
