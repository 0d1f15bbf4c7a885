import { clearStaleLocks } from "../../core/git/stale-locks.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { startAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { attachmentOf } from "./attachment.ts";
import { runtimeLabel } from "./runtime-choice.ts";

/**
 * Starts a session for what is on the agent's hook, in the runtime of that assignment: after a crash, a handoff or a
 * suspension (spec/04 §1.4 row 11). The caller holds the agent's lock.
 */
export async function startHookSession(
  access: TownAccess,
  address: string,
  topic: "handoff" | "recovery" | "resumed",
  wish: { readonly runtime?: string; readonly account?: string } = {},
): Promise<SessionRecord> {
  const agent = await access.ledger.agent(address);
  const bead =
    agent === undefined || agent.hookBead === "" ? undefined : await access.ledger.get(agent.hookBead);
  if (agent === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}`, { hint: "gt agents" });
  unlockSandbox(access.town, address);
  const account = wish.account ?? (bead === undefined ? undefined : attachmentOf(bead).account);
  return startAgentSession(access, {
    address,
    ...(topic === "recovery" ? { resume: true } : {}),
    topic: topic === "handoff" || bead === undefined ? topic : `${topic}:${bead.id}`,
    ...(bead === undefined ? {} : { bead: bead.id }),
    ...(wish.runtime ? { agentOverride: wish.runtime } : choiceOf(bead, agent.runtime, topic)),
    ...(account === undefined ? {} : { account }),
  });
}

/**
 * A git of the run before may have been killed in the middle of a commit. Only in a polecat's sandbox: in a crew
 * member's a person may be at work.
 */
export function unlockSandbox(town: Town, address: string): void {
  const parsed = parseAddress(address);
  const worktree = parsed?.role === "polecat" ? agentHome(town, parsed) : undefined;
  if (worktree !== undefined) clearStaleLocks(worktree);
}

/** What was said when the bead was slung; else the runtime that worked on it so far. */
function choiceOf(
  bead: Bead | undefined,
  runtime: string,
  topic: string,
): { agentOverride?: string; runtimeLabel?: string } {
  const isKept = runtime !== "" && (bead !== undefined || topic === "handoff");
  if (bead === undefined) return isKept ? { agentOverride: runtime } : {};
  const { agent } = attachmentOf(bead);
  if (agent !== undefined) return { agentOverride: agent };
  const label = runtimeLabel(bead);
  if (label !== undefined) return { runtimeLabel: label };
  return isKept ? { agentOverride: runtime } : {};
}
