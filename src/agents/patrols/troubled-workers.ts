import { readSleeps } from "../../core/health/machine-sleep.ts";
import { thresholdsOf } from "../../core/health/thresholds.ts";
import type { Agent, BeadId } from "../../core/ledger/bead.ts";
import type { TownAccess } from "../town-access.ts";
import { hostSnapshot, viewAgent } from "./agent-health.ts";

/** A polecat that does not get on with its bead: stalled, gupp or dead (spec/05 §8.3 B2). */
export interface TroubledWorker {
  readonly bead: BeadId;
  readonly address: string;
  /** The same as long as it is the same assignment and nothing was achieved in it. */
  readonly mark: string;
  readonly why: string;
}

/** Those of the agents with one of these beads on the hook that are in trouble. The host is asked only if there are any. */
export async function troubledWorkers(
  access: TownAccess,
  agents: readonly Agent[],
  beads: ReadonlySet<BeadId>,
): Promise<readonly TroubledWorker[]> {
  const holders = agents.filter((agent) => beads.has(agent.hookBead) && agent.hookState === "active");
  if (holders.length === 0) return [];
  const { town, ledger, clock } = access;
  const [host, sleeps, hooked] = await Promise.all([
    hostSnapshot(access),
    readSleeps(ledger),
    ledger.getMany(holders.map((agent) => agent.hookBead)),
  ]);
  const thresholds = thresholdsOf(town.settings());
  return holders.flatMap((agent): readonly TroubledWorker[] => {
    const bead = hooked.get(agent.hookBead);
    const { health, reason } = viewAgent({ town, agent, bead, host, now: clock.now(), thresholds, sleeps });
    if (health !== "stalled" && health !== "gupp" && health !== "zombie") return [];
    const mark = `${agent.address} ${agent.hookSeq} ${agent.lastProgressAt ?? 0}`;
    return [{ bead: agent.hookBead, address: agent.address, mark, why: reason }];
  });
}
