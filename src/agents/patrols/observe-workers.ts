import { existsSync } from "node:fs";
import { assess } from "../../core/health/assess.ts";
import { thresholdsOf } from "../../core/health/thresholds.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { openOperations } from "../lifecycle/operation-record.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { hostSnapshot, livenessOf, progressOf } from "./agent-health.ts";
import { noMemory, type WorkerMemory, type WorkerView } from "./worker-view.ts";

const table = "patrols";
export const memoryKey = (address: string): string => `worker:${address}`;

/** Polecats of a rig, in name order, as they are now; with `address` only that one. */
export async function observeWorkers(
  access: TownAccess,
  rig: string,
  address?: string,
): Promise<readonly WorkerView[]> {
  const { ledger } = access;
  const agents = (await ledger.agents({ rig, role: "polecat" }))
    .filter((agent) => agent.state !== "nuked" && (address === undefined || agent.address === address))
    .sort((one, other) => one.address.localeCompare(other.address));
  if (agents.length === 0) return [];

  const [host, operations, memories, beads] = await Promise.all([
    hostSnapshot(access),
    openOperations(ledger),
    ledger.rows<WorkerMemory>(table, { prefix: memoryKey("") }),
    ledger.getMany(agents.map((agent) => agent.hookBead).filter((id) => id !== "")),
  ]);
  const operated = new Set(operations.map((row) => row.value.subject.agent));
  const remembered = new Map(memories.map((row) => [row.key, row.value]));
  const thresholds = thresholdsOf(access.town.settings());
  const now = access.clock.now();

  return agents.map((agent) => {
    const bead = beads.get(agent.hookBead);
    const session = host.sessions.get(sessionOfAddress(access.town, agent.address));
    const progress = progressOf(agent, bead, session);
    const memory = remembered.get(memoryKey(agent.address));
    const hasWorktree = worktreeExists(access, agent);
    return {
      agent,
      ...(bead === undefined ? {} : { bead }),
      ...(session === undefined ? {} : { session }),
      isHostKnown: host.isKnown,
      isOperating: operated.has(agent.address),
      hasWorktree,
      health: assess({
        now,
        state: agent.state,
        hookState: agent.hookState,
        isHooked: bead !== undefined && bead.status !== "closed",
        isRalph: agent.mode === "ralph",
        session: livenessOf(agent, session, host),
        isWorktreeMissing: !hasWorktree,
        thresholds,
        ...progress,
      }),
      strongAt: progress.strongAt,
      memory: memory?.seq === agent.hookSeq ? memory : noMemory(agent.hookSeq),
    };
  });
}

function worktreeExists(access: TownAccess, agent: Agent): boolean {
  const address = parseAddress(agent.address);
  const home = address && agentHome(access.town, address);
  return home !== undefined && existsSync(home);
}
