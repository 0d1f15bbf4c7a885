import { afterAll, beforeAll, expect, test } from "vitest";
import { recoverOperations } from "../../../src/agents/lifecycle/recover-operations.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

/**
 * Random commands on a few beads, many of them killed with -9 at a random step, some at the same time. Whatever the
 * order, after recovery the promises hold (spec/04 §1.4-1.5, §2.8).
 */
const seed = Number(process.env["GT_TEST_SEED"] ?? Date.now() % 1_000_000);
const rounds = 14;

let town: WorkTown;
let access: TownAccess;
const beads: string[] = [];

beforeAll(async () => {
  town = await WorkTown.create();
  access = await town.access();
  for (let index = 0; index < 3; index++)
    beads.push((await town.bead(access, `Long work ${index}`, "sleep 1000")).id);
  for (let index = 0; index < 3; index++)
    beads.push((await town.bead(access, `Quick work ${index}`, `echo ${index} > quick-${index}.txt`)).id);
});
afterAll(() => town.dispose());

/** Small and good enough to repeat a failed run by its seed (mulberry32). */
function randomFrom(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const points = [
  ...[
    "sling.allocate",
    "sling.worktree",
    "sling.worktree.done",
    "sling.setup",
    "sling.session",
    "sling.session.done",
  ],
  ...["done.intent", "done.autosave", "done.push", "done.submit", "done.sync", "done.idle"],
  ...["handoff.save", "handoff.respawn", "nuke.keep", "nuke.remove"],
];

test(`no interleaving of commands and kills breaks a promise (seed ${seed})`, async () => {
  const below = randomFrom(seed);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

  const command = async (): Promise<readonly string[]> => {
    const polecats = (await access.ledger.agents({ role: "polecat" })).filter(
      (agent) => agent.state !== "nuked",
    );
    const polecat = polecats.length === 0 ? "web/none" : pick(polecats).address;
    const bead = pick(beads);
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return ["sling", bead, "web"];
      case 4:
        return ["sling", bead, "web", "--force"];
      case 5:
        return ["unsling", bead, "--force"];
      case 6:
        return ["handoff", polecat, "-y"];
      case 7:
        return ["hook", "suspend", polecat];
      case 8:
        return ["hook", "resume", polecat];
      default:
        return ["polecat", "nuke", polecat, "--force"];
    }
  };

  const history: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const together = below(3) === 0 ? 2 : 1;
    const runs = [];
    for (let index = 0; index < together; index++) {
      const args = await command();
      const crash = below(2) === 0 ? pick(points) : undefined;
      history.push(`${args.join(" ")}${crash === undefined ? "" : ` (killed at ${crash})`}`);
      runs.push(town.gt(args, crash === undefined ? {} : { GT_TEST_CRASH: crash }));
    }
    const results = await Promise.all(runs);
    // A refusal is an answer; a defect of ours is not.
    for (const result of results)
      expect(result.stderr, history.join("\n")).not.toMatch(/E_INTERNAL|TypeError|at .*\.js:\d+/);
    await settle(history);
  }
}, 300_000);

/** Recovery until nothing is left open, then every promise. */
async function settle(history: readonly string[]): Promise<void> {
  const told = history.join("\n");
  // A script may hand its work in while we look: only a look with no operation before and after it counts.
  const agents = await waitFor(
    async () => {
      await recoverOperations(access);
      const found = await access.ledger.agents({ role: "polecat" });
      return (await access.ledger.rows("operations")).length === 0 ? found : undefined;
    },
    { timeoutMs: 60_000, what: `operations to end after\n${told}` },
  );
  const host = await access.host({ start: true });
  const live = (await host.list()).filter((session) => session.phase !== "exited");

  const hooked = agents.filter((agent) => agent.hookBead !== "").map((agent) => agent.hookBead);
  expect(new Set(hooked).size, `a bead on two hooks after\n${told}`).toBe(hooked.length);
  expect(new Set(live.map((session) => session.session)).size, told).toBe(live.length);
  for (const agent of agents) {
    const bead = agent.hookBead === "" ? undefined : await access.ledger.get(agent.hookBead);
    if (bead !== undefined) {
      expect(bead.assignee, `hook and assignee differ after\n${told}`).toBe(agent.address);
      expect(bead.status, `a closed bead on a hook after\n${told}`).not.toBe("closed");
    }
    if (agent.state === "idle" || agent.state === "nuked")
      expect(agent.hookBead, `${agent.state} with work after\n${told}`).toBe("");
    expect(agent.state, `left in between after\n${told}`).not.toBe("spawning");
    expect(agent.state, `left in between after\n${told}`).not.toBe("done");
  }
  for (const id of beads) {
    const bead = await access.ledger.get(id);
    const requests = await access.ledger.find({
      type: "merge-request",
      notStatus: "closed",
      metadata: { "mr.source_issue": id },
    });
    expect(requests.length, `two open requests of ${id} after\n${told}`).toBeLessThanOrEqual(1);
    const isHeld = bead?.status === "hooked" || (bead?.status === "in_progress" && requests.length === 0);
    if (isHeld) expect(hooked, `${id} is held by nobody after\n${told}`).toContain(id);
    const tracking = (await access.ledger.dependents(id)).filter((edge) => edge.type === "tracks");
    const convoys = await access.ledger.getMany(tracking.map((edge) => edge.from));
    const open = [...convoys.values()].filter((convoy) => convoy.status === "open");
    expect(open.length, `${id} in two open convoys after\n${told}`).toBeLessThanOrEqual(1);
  }
}
