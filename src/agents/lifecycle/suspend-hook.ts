import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { clearing } from "../../core/escalation/clearing.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { hasSessions } from "../sessions/backend.ts";
import { nudge } from "../sessions/nudge.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { liveSession } from "./agent-session.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { nextState } from "./agent-transition.ts";
import { withAgentLock } from "./agent-lock.ts";
import { snapshotSubject } from "./polecat-worktree.ts";
import { forgettingRestarts } from "./forget-restarts.ts";
import { recoverOperations } from "./recover-operations.ts";
import { startHookSession } from "./start-hook-session.ts";
import { suspendOperations, suspensionRow } from "./suspension.ts";

/** Stops work without giving it up: snapshot, session ended, bead and worktree kept (spec/04 §1.4 row 13). */
export async function suspendHook(access: TownAccess, address: string, reason: string): Promise<void> {
  await withAgent(access, address, "suspend", async (agent) => {
    if (agent.hookState === "suspended")
      throw new GtError("E_STATE", `the work of ${address} rests already: it is ${agent.state}`, {
        hint: `gt hook resume ${address}`,
      });
    nextState(address, agent.state, "suspended");
    const parsed = parseAddress(address);
    const worktree = parsed === undefined ? undefined : agentHome(access.town, parsed);
    if (worktree !== undefined && (await isValidWorktree(worktree))) {
      await takeSnapshot(
        snapshotSubject(access, { worktree, place: placeOf(agent), address, agent }),
        "pre-suspend",
      );
      const run = (await liveSession(access, address))?.runId ?? "";
      await saveCheckpoint(access, address, { reason: "the hook was suspended", run });
    }
    // The state first: whoever sees the session end must already know that it was meant to.
    await access.ledger.write(access.actor, suspendOperations(agent, { reason, since: access.clock.now() }));
    await stopAgentSession(access, address, "stopped");
  });
}

/**
 * Lets suspended or stuck work go on; what went wrong before is forgotten (rows 13 and 14). A session that is still
 * there is told to go on, else a fresh one is started; in minimal mode a person does that.
 */
export async function resumeHook(access: TownAccess, address: string): Promise<SessionRecord | undefined> {
  return withAgent(access, address, "resume", async (agent) => {
    if (agent.hookBead === "")
      throw new GtError("E_NOTHING_HOOKED", `nothing is on the hook of ${address}`, {
        hint: `gt sling <bead> ${address}`,
      });
    const spawning = nextState(
      address,
      agent.state,
      agent.state === "awaiting-gate" ? "gate-resolved" : "resumed",
    );
    const bead = await access.ledger.get(agent.hookBead);
    await access.ledger.write(access.actor, [
      { op: "expectAgent", address, expected: { state: agent.state, hookBead: agent.hookBead } },
      ...(bead?.status === "blocked"
        ? ([
            { op: "update", id: bead.id, fields: { status: "hooked" } },
            { op: "removeLabel", id: bead.id, label: "gt:escalated" },
          ] as const)
        : []),
      { op: "setAgent", address, fields: { state: spawning, hookState: "active" } },
      ...(agent.state === "stuck" ? forgettingRestarts(address) : []),
    ]);
    try {
      // Whoever waits for a gate has no session on purpose; one that was left over does not know that it goes on.
      if (agent.state === "awaiting-gate") await stopAgentSession(access, address, "done");
      // One that is paused may have its session frozen.
      const live = agent.state === "stuck" ? await liveSession(access, address) : undefined;
      const record =
        live ?? (hasSessions(access.town) ? await startHookSession(access, address, "resumed") : undefined);
      await access.ledger.write(access.actor, [
        { op: "setAgent", address, fields: { state: nextState(address, spawning, "session-confirmed") } },
        { op: "deleteRow", ...suspensionRow(address) },
        assignmentEvent(agent, "resumed"),
        ...(await answered(access, address, agent.hookBead)),
      ]);
      // Who said that it is stuck still sits at its prompt.
      if (live !== undefined) await nudgeOn(access, address, agent.hookBead);
      return record;
    } catch (error) {
      await access.ledger.write(access.actor, [
        { op: "setAgent", address, fields: { state: agent.state, hookState: agent.hookState } },
        ...(bead?.status === "blocked"
          ? ([{ op: "update", id: bead.id, fields: { status: "blocked", assignee: address } }] as const)
          : []),
      ]);
      throw error;
    }
  });
}

/** Whoever lets it go on has answered what was asked when it got stuck, or could not be ended (spec/06 §8.2). */
function answered(access: TownAccess, address: string, bead: string): Promise<readonly Operation[]> {
  const sources = [`witness:stuck:${address}`, `heartbeat:${address}`, `done:${bead}`];
  return clearing(access.ledger, sources, access.actor, `resumed by ${access.actor}`);
}

/** The work goes on all the same when nothing can be typed now. */
async function nudgeOn(access: TownAccess, address: string, bead: string): Promise<void> {
  const { actor: from } = access;
  const text = `Go on with ${bead}; gt hook shows it.`;
  await nudge(access, { to: address, from, text, mode: "wait-idle" }).catch((error: unknown) => {
    if (!(error instanceof GtError)) throw error;
  });
}

function withAgent<T>(
  access: TownAccess,
  address: string,
  kind: string,
  work: (agent: Agent) => Promise<T>,
): Promise<T> {
  return withAgentLock(access, address, kind, async () => {
    await recoverOperations(access, { agent: address, locked: true });
    const agent = await access.ledger.agent(address);
    if (agent === undefined)
      throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}`, { hint: "gt agents" });
    return work(agent);
  });
}

/** Place of the agent's snapshots below `refs/gt/hooks/`. */
export const placeOf = (agent: Pick<Agent, "role" | "name">): string =>
  `${agent.role === "crew" ? "crew" : "polecats"}/${agent.name}`;
