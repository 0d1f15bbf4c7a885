import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { nudge } from "../sessions/nudge.ts";
import { startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { polecatRestartLimits, withRestart } from "../../core/health/restart-series.ts";
import type { WorkerAction } from "./decide-worker.ts";
import { memoryKey } from "./observe-workers.ts";
import type { WorkerMemory, WorkerView } from "./worker-view.ts";

/**
 * Carries out what was decided about one polecat. What the Witness has done is written down before it is done, so that a
 * daemon that dies in between never does more than the limits allow (spec/04 §9.2).
 */
export async function actOnWorker(access: TownAccess, view: WorkerView, action: WorkerAction): Promise<void> {
  switch (action.kind) {
    case "wait":
      return;
    case "restart":
      return restart(access, view, action);
    case "stuck":
      return giveUp(access, view, action);
    case "end-session":
      await stopAgentSession(access, view.agent.address, "stopped");
      return;
    case "nudge":
      return remind(access, view, action);
    case "release":
      return release(access, view, action);
  }
}

type ActionOf<Kind extends WorkerAction["kind"]> = Extract<WorkerAction, { readonly kind: Kind }>;

async function restart(access: TownAccess, view: WorkerView, action: ActionOf<"restart">): Promise<void> {
  const { agent, session, memory } = view;
  const now = access.clock.now();
  const after: WorkerMemory =
    action.hostLost === true
      ? { ...memory, losses: memory.losses + 1 }
      : {
          ...memory,
          restarts: withRestart(memory.restarts, session?.endedAt ?? now, now, polecatRestartLimits),
        };
  const attempt = action.hostLost === true ? after.losses : after.restarts.restartedAt.length;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    remember(agent.address, action.detection === "W9" ? withAct(after, "W9-restart", now) : after),
    { op: "setAgent", address: agent.address, fields: { restarts: attempt } },
    {
      op: "event",
      event: {
        type: "agent_restarted",
        payload: {
          agent: agent.address,
          reason: action.reason,
          attempt,
          rig: agent.rig,
          bead: agent.hookBead,
        },
        source: "daemon",
      },
    },
  ]);
  if (session !== undefined && session.phase !== "exited")
    await stopAgentSession(access, agent.address, "killed");
  await startAgentSession(access, {
    address: agent.address,
    topic: `recovery:${agent.hookBead}`,
    bead: agent.hookBead,
    ...(runtimeOf(view) === undefined ? {} : { agentOverride: runtimeOf(view) as string }),
  });
  if (agent.state === "working") return;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    { op: "setAgent", address: agent.address, fields: { state: "working" } },
  ]);
}

/** The runtime that the assignment began with. */
function runtimeOf(view: WorkerView): string | undefined {
  const attachment = view.bead?.metadata["attachment"] as { readonly agent?: unknown } | undefined;
  if (typeof attachment?.agent === "string" && attachment.agent !== "") return attachment.agent;
  return view.agent.runtime === "" ? undefined : view.agent.runtime;
}

/** Transition 12: the bead and the worktree stay as they are, and a person has to look (W20). */
async function giveUp(access: TownAccess, view: WorkerView, action: ActionOf<"stuck">): Promise<void> {
  const { agent } = view;
  const now = access.clock.now();
  const payload = { agent: agent.address, bead: agent.hookBead, rig: agent.rig };
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    {
      op: "setAgent",
      address: agent.address,
      fields: { state: "stuck", hookState: "suspended", crashLoopSince: now },
    },
    { op: "comment", id: agent.hookBead, text: `${agent.address} is stuck: ${action.reason}` },
    event("agent_stuck", { ...payload, reason: action.reason }),
    ...(action.detection === "W20"
      ? [event("crash_loop", { ...payload, count: action.count, window: "15m" })]
      : []),
    event("hook_suspended", { ...payload, seq: agent.hookSeq, reason: action.reason }),
    event("escalation_sent", {
      ...payload,
      severity: "high",
      to: "overseer",
      target: agent.address,
      reason: `${agent.address} is stuck on ${agent.hookBead}: ${action.reason}`,
    }),
  ]);
  if (view.session !== undefined && view.session.phase !== "exited")
    await stopAgentSession(access, agent.address, "killed");
}

async function remind(access: TownAccess, view: WorkerView, action: ActionOf<"nudge">): Promise<void> {
  const { agent, memory } = view;
  const now = access.clock.now();
  const events: Record<string, string> = { W8: "agent_stalled", W9: "gupp_violation" };
  const type = events[action.detection];
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    remember(agent.address, withAct(memory, action.detection, now)),
    ...(type === undefined
      ? []
      : [
          event(type, {
            agent: agent.address,
            bead: agent.hookBead,
            minutes: action.minutes,
            rig: agent.rig,
          }),
        ]),
  ]);
  await nudge(access, {
    to: agent.address,
    from: `${agent.rig}/witness`,
    text: action.text,
    mode: "wait-idle",
  });
}

/** W5, transition 15: the work is over, whoever ended it. The worktree stays as it is until the next sling preserves it. */
async function release(access: TownAccess, view: WorkerView, action: ActionOf<"release">): Promise<void> {
  const { agent } = view;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    { op: "unhook", address: agent.address },
    { op: "setAgent", address: agent.address, fields: { state: "idle", hookState: "archived" } },
    event("unhook", { agent: agent.address, bead: agent.hookBead, reason: action.reason, rig: agent.rig }),
  ]);
  if (view.session !== undefined && view.session.phase !== "exited")
    await stopAgentSession(access, agent.address, "stopped");
}

/** Whatever changed since the sweep looked cancels the action. */
function sameAssignment(view: WorkerView): Operation {
  const { address, state, hookBead, hookSeq, hookState } = view.agent;
  return { op: "expectAgent", address, expected: { state, hookBead, hookSeq, hookState } };
}

function remember(address: string, memory: WorkerMemory): Operation {
  return { op: "putRow", table: "patrols", key: memoryKey(address), value: memory };
}

function withAct(memory: WorkerMemory, key: string, now: number): WorkerMemory {
  return {
    ...memory,
    acted: { ...memory.acted, [key]: { count: (memory.acted[key]?.count ?? 0) + 1, at: now } },
  };
}

function event(type: string, payload: Readonly<Record<string, unknown>>): Operation {
  return { op: "event", event: { type, payload, source: "daemon" } };
}

/** Changed meanwhile, or somebody is at it: the next sweep looks again. */
export function isSuperseded(error: unknown): boolean {
  return (
    error instanceof GtError && ["E_CONFLICT", "E_BUSY", "E_SESSION_EXISTS", "E_STATE"].includes(error.code)
  );
}
