import { convoyViews } from "../../core/convoys/convoy-view.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { agentHealth } from "../patrols/agent-health.ts";
import type { TownAccess } from "../town-access.ts";

export interface DemoStanding {
  readonly landed: readonly string[];
  /** Beads whose agent needs a person, with the reason. */
  readonly waiting: readonly {
    readonly bead: string;
    readonly title: string;
    readonly agent: string;
    readonly reason: string;
  }[];
  /** Beads and convoys that may still land by themselves. */
  readonly moving: readonly string[];
}

/**
 * How far the demo is. A bead is waiting when its agent has come to a stop that only a person can end, or when it is
 * blocked by nothing but such beads; everything else that is not closed is still moving.
 */
export async function demoStanding(access: TownAccess): Promise<DemoStanding> {
  const [convoys, agents] = await Promise.all([
    convoyViews(access.ledger, { includeClosed: true, now: access.clock.now() }),
    agentHealth(access),
  ]);
  const tracked = convoys.flatMap((convoy) => convoy.tracked);
  const landed = tracked.filter((bead) => bead.state === "closed").map((bead) => bead.id);
  const stopped = new Map(
    agents
      .filter((agent) => agent.needsAttention && agent.health !== "zombie")
      .map((agent) => [agent.bead, agent]),
  );
  const waiting = tracked.flatMap((bead) => {
    const agent = bead.state === "closed" ? undefined : stopped.get(bead.id);
    return agent === undefined
      ? []
      : [{ bead: bead.id, title: bead.title, agent: agent.address, reason: agent.reason }];
  });
  const stuck = new Set(waiting.map(({ bead }) => bead));
  await spreadToDependents(access.ledger, stuck);
  const moving = tracked
    .filter((bead) => bead.state !== "closed" && !stuck.has(bead.id))
    .map((bead) => bead.id);
  // A convoy whose work has all landed has yet to be closed itself.
  const landing = convoys.filter((convoy) => convoy.status === "open" && convoy.done === convoy.total);
  return { landed, waiting, moving: [...moving, ...landing.map((convoy) => convoy.id)] };
}

/** What depends on a stopped bead cannot move either. */
async function spreadToDependents(ledger: Ledger, stuck: Set<string>): Promise<void> {
  const queue = [...stuck];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const edge of await ledger.dependents(id)) {
      if (edge.type !== "blocks" || stuck.has(edge.from)) continue;
      stuck.add(edge.from);
      queue.push(edge.from);
    }
  }
}
