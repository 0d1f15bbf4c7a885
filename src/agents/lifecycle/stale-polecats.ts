import type { Agent } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { sandboxRisk } from "./sandbox-risk.ts";

export interface StalePolecat {
  readonly address: string;
  /** It may go: safe, unused, and far behind or long idle. */
  readonly isStale: boolean;
  readonly reason: string;
}

const idleLimitMs = 7 * 24 * 3_600_000;

/** Which polecats of a rig hold sandboxes that nobody needs (spec/04 §3.8). A reason for every one. */
export async function stalePolecats(
  access: TownAccess,
  rig: Rig,
  threshold: number,
): Promise<readonly StalePolecat[]> {
  const agents = await access.ledger.agents({ rig: rig.name, role: "polecat" });
  const found: StalePolecat[] = [];
  for (const agent of agents) {
    if (agent.state === "nuked") continue;
    found.push({ address: agent.address, ...(await judge(access, rig, agent, threshold)) });
  }
  return found;
}

async function judge(
  access: TownAccess,
  rig: Rig,
  agent: Agent,
  threshold: number,
): Promise<Omit<StalePolecat, "address">> {
  const keep = (reason: string) => ({ isStale: false, reason });
  if (agent.state !== "idle") return keep(`state ${agent.state}`);
  if ((await liveSession(access, agent.address)) !== undefined) return keep("its session is running");
  const risk = await sandboxRisk(access, rig, agent);
  if (risk.reasons.length > 0) return keep(risk.reasons.join("; "));
  if (risk.behind >= threshold)
    return { isStale: true, reason: `${risk.behind} commits behind ${rig.defaultBranch}` };
  const idleMs = access.clock.now() - (await lastUse(access, agent));
  if (idleMs > idleLimitMs)
    return { isStale: true, reason: `idle for ${Math.floor(idleMs / 86_400_000)} days` };
  return keep(`${risk.behind} commits behind, in use lately`);
}

/** When it was let go; one that never had work has been idle since it was made. */
async function lastUse({ ledger, clock }: TownAccess, agent: Agent): Promise<number> {
  const used = Math.max(agent.completionTime ?? 0, agent.lastSessionAt ?? 0);
  return used > 0 ? used : ((await ledger.get(agent.id))?.createdAt ?? clock.now());
}
