import { raising } from "../../core/escalation/raise.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { assignmentEvent } from "../lifecycle/assignment-event.ts";
import { beadFailure } from "../lifecycle/count-bead-failure.ts";
import { saveCheckpoint } from "../lifecycle/checkpoint.ts";
import { suspensionRow } from "../lifecycle/suspension.ts";
import { snapshotSubject } from "../lifecycle/polecat-worktree.ts";
import { startHookSession } from "../lifecycle/start-hook-session.ts";
import { nudge } from "../sessions/nudge.ts";
import { exitCodeOf } from "../sessions/exit-code.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { polecatRestartLimits, withRestart } from "../../core/health/restart-series.ts";
import { enqueueInstruction } from "../sessions/instruct.ts";
import { protocolEvent } from "../../core/mail/role-message.ts";
import { crashMessage, silenceMessage } from "./finding-message.ts";
import { abandonSandbox } from "./abandon-sandbox.ts";
import { askForRecovery } from "./ask-for-recovery.ts";
import { freeForMountain } from "./free-for-mountain.ts";
import { rebuildSandbox } from "./rebuild-sandbox.ts";
import { tidySandbox } from "./tidy-sandbox.ts";
import type { WorkerAction } from "./worker-action.ts";
import type { WorkerMemory, WorkerView } from "./worker-view.ts";
import { remember, sameAssignment, withAct } from "./worker-memory.ts";

/**
 * Carries out what was decided about one polecat. What the Witness has done is written down before it is done, so that a
 * daemon that dies in between never does more than the limits allow (spec/04 §9.2). False when there was only something
 * to look at, and nothing was found.
 */
export async function actOnWorker(
  access: TownAccess,
  view: WorkerView,
  action: LockedAction,
): Promise<boolean> {
  if (action.kind === "tidy") return tidySandbox(access, view);
  await change(access, view, action);
  return true;
}

async function change(
  access: TownAccess,
  view: WorkerView,
  action: Exclude<LockedAction, { readonly kind: "tidy" }>,
): Promise<void> {
  switch (action.kind) {
    case "wait":
      return;
    case "restart":
      return restart(access, view, action);
    case "stuck":
      return giveUp(access, view, action);
    case "end-session":
      // A session that was stopped stays so; one whose process has vanished is to be started again.
      await stopAgentSession(access, view.agent.address, action.detection === "W2" ? "killed" : "stopped", {
        why: action.reason,
      });
      return;
    case "nudge":
      return remind(access, view, action);
    case "prod":
      return prod(access, view, action);
    case "clear-hook":
      return clearHook(access, view, action);
    case "abandon":
      return abandonSandbox(access, view, action.reason);
    case "close-landed":
      return closeLanded(access, view, action);
    case "set-free":
      return setFree(access, view, action);
    case "ask":
      return askForRecovery(access, view, action.reason);
  }
}

/** All but those that take the agent's lock themselves. */
export type LockedAction = Exclude<WorkerAction, { readonly kind: "release" | "hand-in" }>;

type ActionOf<Kind extends WorkerAction["kind"]> = Extract<WorkerAction, { readonly kind: Kind }>;

async function restart(access: TownAccess, view: WorkerView, action: ActionOf<"restart">): Promise<void> {
  const { agent, session, memory } = view;
  const now = access.clock.now();
  const after: WorkerMemory =
    action.hostLost === true
      ? { ...memory, losses: memory.losses + 1, lostRun: session?.runId ?? "" }
      : {
          ...memory,
          restarts: withRestart(memory.restarts, session?.endedAt ?? now, now, polecatRestartLimits),
        };
  const attempt = action.hostLost === true ? after.losses : after.restarts.restartedAt.length;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    remember(agent.address, countedRestart(after, action.detection, now)),
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
    ...(action.detection === "W1" && action.hostLost !== true
      ? [
          protocolEvent(
            crashMessage({
              polecat: agent.address,
              bead: agent.hookBead,
              exitCode: session && exitCodeOf(session),
            }),
          ),
        ]
      : []),
  ]);
  if (session !== undefined && session.phase !== "exited")
    await stopAgentSession(access, agent.address, "killed");
  if (view.hasWorktree) await keepFiles(access, view);
  else await rebuildSandbox(access, agent);
  await startHookSession(access, agent.address, "recovery");
  if (agent.state === "working") return;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    { op: "setAgent", address: agent.address, fields: { state: "working" } },
  ]);
}

/** Two detections limit how often they may restart an agent in one assignment. */
function countedRestart(memory: WorkerMemory, detection: string, now: number): WorkerMemory {
  if (detection === "W9") return withAct(memory, "W9-restart", now);
  return detection === "W15" ? withAct(memory, "W15", now) : memory;
}

/** The files as the dead session left them; a snapshot that fails must not keep the agent from going on. */
async function keepFiles(access: TownAccess, { agent, session }: WorkerView): Promise<void> {
  const address = parseAddress(agent.address);
  const worktree = address && agentHome(access.town, address);
  if (worktree === undefined || !(await isValidWorktree(worktree))) return;
  const place = `polecats/${agent.name}`;
  const subject = snapshotSubject(access, {
    worktree,
    place,
    address: agent.address,
    agent,
    session: session?.session ?? "",
  });
  await takeSnapshot(subject, "session-end").catch(() => undefined);
  await saveCheckpoint(access, agent.address, {
    reason: "the session ended",
    run: session?.runId ?? "",
  }).catch(() => undefined);
}

/** Transition 12: the bead and the worktree stay as they are, and a person has to look (W9, W15, W20). */
async function giveUp(access: TownAccess, view: WorkerView, action: ActionOf<"stuck">): Promise<void> {
  const { agent } = view;
  const now = access.clock.now();
  const payload = { agent: agent.address, bead: agent.hookBead, rig: agent.rig };
  const crashLoop =
    action.detection === "W20"
      ? [event("crash_loop", { ...payload, count: action.count, window: "15m" })]
      : [];
  if (await freeForMountain(access, view, action.reason, crashLoop)) return;
  const raised = await raising(access, {
    title: `${agent.address} is stuck on ${agent.hookBead}: ${action.reason}`,
    reason: `Its worktree and branch ${agent.branch} stay as they are. Look: gt peek ${agent.address}`,
    severity: "high",
    by: access.actor,
    source: `witness:stuck:${agent.address}`,
    related: agent.hookBead,
    tier: "overseer",
    same: "source",
    event: { ...payload, target: agent.address },
    ...(action.detection === "W20"
      ? {
          protocol: {
            subject: `CRASH_LOOP: ${agent.address}`,
            values: {
              Polecat: agent.address,
              Count: action.count,
              Bead: agent.hookBead,
              "Last Error": action.reason,
            },
          },
        }
      : {}),
  });
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    {
      op: "setAgent",
      address: agent.address,
      fields: { state: "stuck", hookState: "suspended", crashLoopSince: now },
    },
    { op: "comment", id: agent.hookBead, text: `${agent.address} is stuck: ${action.reason}` },
    event("agent_stuck", { ...payload, reason: action.reason }),
    ...crashLoop,
    ...(await beadFailure(access, agent.hookBead, action.reason)),
    { op: "putRow", ...suspensionRow(agent.address), value: { reason: action.reason, since: now } },
    assignmentEvent(agent, "suspended", { reason: action.reason, source: "daemon" }),
    ...raised.operations,
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
    ...(action.detection === "W9"
      ? [
          protocolEvent(
            silenceMessage({ polecat: agent.address, bead: agent.hookBead, minutes: action.minutes }),
          ),
        ]
      : []),
  ]);
  await nudge(access, {
    to: agent.address,
    from: `${agent.rig}/witness`,
    text: action.text,
    mode: "wait-idle",
  });
}

/** W6: keys for a screen that waits for them, and the first instruction once more. */
async function prod(access: TownAccess, view: WorkerView, action: ActionOf<"prod">): Promise<void> {
  const { agent, memory, session } = view;
  const now = access.clock.now();
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    // Tries count for one session.
    remember(agent.address, withAct(memory, "W6", now, session?.startedAt)),
    event("startup_stall", {
      agent: agent.address,
      bead: agent.hookBead,
      minutes: action.minutes,
      rig: agent.rig,
    }),
  ]);
  const host = await access.host({ start: false });
  if (session === undefined) return;
  if (action.keys !== "") await host.write(session.session, action.keys);
  await enqueueInstruction(access, host, session);
}

/** W1: it died after its work had reached the target; nothing is left to do. */
async function closeLanded(
  access: TownAccess,
  view: WorkerView,
  action: ActionOf<"close-landed">,
): Promise<void> {
  const { agent } = view;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    { op: "unhook", address: agent.address },
    {
      op: "close",
      id: agent.hookBead,
      close: { reason: `Landed: ${action.reason}`, outcome: "success", force: true },
    },
    {
      op: "setAgent",
      address: agent.address,
      fields: { state: "idle", hookBead: "", hookState: "archived" },
    },
    assignmentEvent(agent, "archived", { reason: action.reason, source: "daemon" }),
  ]);
}

/** W17: the last step of `gt done`, for one that was recorded and whose operation is gone (spec/04 §5.3 step 9). */
async function setFree(access: TownAccess, view: WorkerView, action: ActionOf<"set-free">): Promise<void> {
  const { agent } = view;
  const payload = { agent: agent.address, bead: agent.hookBead, rig: agent.rig };
  const hookState = agent.exitType === "DEFERRED" ? "archived" : "completed";
  const isActive = agent.hookState === "active";
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    {
      op: "setAgent",
      address: agent.address,
      fields: { state: "idle", hookBead: "", ...(isActive ? { hookState } : {}) },
    },
    event("done_resumed", { ...payload, polecat: agent.name, exit: agent.exitType, reason: action.reason }),
    ...(isActive ? [assignmentEvent(agent, hookState, { reason: agent.exitType, source: "daemon" })] : []),
  ]);
  if (view.session !== undefined && view.session.phase !== "exited")
    await stopAgentSession(access, agent.address, "done");
}

/** W14: the bead rows are the truth; the agent's mirror of them is put right. */
async function clearHook(
  access: TownAccess,
  view: WorkerView,
  action: ActionOf<"clear-hook">,
): Promise<void> {
  const { agent } = view;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    {
      op: "setAgent",
      address: agent.address,
      fields: { hookBead: "", hookState: "archived", state: "idle" },
    },
    event("hook_repaired", {
      agent: agent.address,
      bead: agent.hookBead,
      rig: agent.rig,
      what: action.reason,
    }),
    assignmentEvent(agent, "archived", { reason: action.reason, source: "daemon" }),
  ]);
  if (view.session !== undefined && view.session.phase !== "exited")
    await stopAgentSession(access, agent.address, "stopped");
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
