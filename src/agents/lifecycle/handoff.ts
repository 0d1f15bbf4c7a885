import { crashPoint } from "../../core/crash-point.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { expectNoStop } from "../daemon/emergency-stop.ts";
import { expectManaged } from "../sessions/identity-lock.ts";
import { isBuiltIn } from "../sessions/nudge.ts";
import { expectStartable, sessionOfAddress, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { type HandoffNote, handoffTable } from "./handoff-note.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { withAgentLock } from "./agent-lock.ts";
import { snapshotSubject } from "./polecat-worktree.ts";
import { startHookSession } from "./start-hook-session.ts";

export interface HandoffRequest {
  /** Whose session is replaced. */
  readonly address: string;
  readonly subject?: string;
  /** What the successor has to know. */
  readonly message?: string;
  readonly reason?: string;
  /** Ignores the cooldown of self-handoffs. */
  readonly force?: boolean;
  /** Another runtime for the fresh session. */
  readonly agent?: string;
  /** The session ends and is not replaced: whoever starts the agent next finds the note. */
  readonly stops?: boolean;
}

export interface HandoffData {
  /** Run that is replaced; empty when none was alive. */
  readonly oldRun: string;
  /** Empty: the runtime that it had. */
  readonly agent?: string;
  readonly stops?: boolean;
  /** Handle of the account for the fresh session; the usual one when left out. */
  readonly account?: string;
  /** Why there is a fresh session; `handoff` when left out. */
  readonly topic?: "handoff" | "resumed";
}

/**
 * Replaces an agent's session by a fresh one: identity, worktree, hook and session name stay (spec/03 §8). A dead
 * session is simply started again. Killed anywhere, exactly one session runs after recovery. Nothing is returned when the
 * session was only to stop.
 */
export async function handoff(
  access: TownAccess,
  request: HandoffRequest,
): Promise<SessionRecord | undefined> {
  const { address } = request;
  return withAgentLock(access, address, "handoff", async () => {
    const journal = await prepare(access, request);
    return await respawn(access, journal);
  });
}

/**
 * The first half, for an agent that hands itself off: everything is saved and written down. The caller ends; whoever
 * runs recovery next replaces the session.
 */
export async function prepareHandoff(access: TownAccess, request: HandoffRequest): Promise<void> {
  return withAgentLock(access, request.address, "handoff", async () => {
    await expectCooldown(access, request);
    await prepare(access, request);
  });
}

/**
 * Replaces a session by one with another account (spec/03 §10.4). Nobody hands anything over: the work on the hook goes on,
 * and what the agent has written is where it was. As safe as a handoff.
 */
export async function changeAccount(
  access: TownAccess,
  address: string,
  account: string,
): Promise<SessionRecord | undefined> {
  return withAgentLock(access, address, "quota rotate", async () => {
    const agent = await expectHandable(access, address);
    const session = await liveSession(access, address);
    const data = { oldRun: session?.runId ?? "", account, topic: "resumed" } as const;
    const journal = await begin(access, agent, session, data);
    await journal.step("respawn");
    return respawn(access, journal);
  });
}

/** Ends a handoff whose process is gone (spec/03 §8.7). */
export async function recoverHandoff(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed"> {
  await respawn(access, await OperationJournal.adopt<HandoffData>(access, row));
  return "resumed";
}

/** Who may replace whose session (spec/03 §8.7). */
export function expectMayHandOff({ town, actor }: Pick<TownAccess, "town" | "actor">, target: string): void {
  const address = parseAddress(target);
  if (address !== undefined && (address.role === "dog" || isBuiltIn(town, { address })))
    throw new GtError("E_BUILTIN_TARGET", `${target} runs in builtin mode: nothing to hand off`, {
      hint: "gt daemon status",
    });
  const rig = address?.rig ?? "";
  const isAllowed = ["overseer", "mayor/", "deacon/", target, `${rig}/witness`].includes(actor);
  if (!isAllowed)
    throw new GtError("E_FORBIDDEN", `${actor} may not hand off ${target}`, {
      hint: `gt nudge ${target} "..."`,
    });
}

async function prepare(access: TownAccess, request: HandoffRequest): Promise<OperationJournal<HandoffData>> {
  const { address } = request;
  expectMayHandOff(access, address);
  const agent = await expectHandable(access, address);
  if (request.stops === true && agent.role === "polecat")
    throw new GtError("E_STATE", "a polecat that stops gives its work back", {
      hint: "gt done --status DEFERRED",
    });
  // A runtime that cannot be started must not cost the session that runs.
  if (request.agent !== undefined)
    expectStartable(access, { address, topic: "handoff", agentOverride: request.agent });
  const session = await liveSession(access, address);
  if (session === undefined) expectManaged(access.town, address, sessionOfAddress(access.town, address));
  const journal = await begin(access, agent, session, {
    oldRun: session?.runId ?? "",
    agent: request.agent ?? "",
    stops: request.stops === true,
  });
  await journal
    .step("respawn", {}, noteOperations(access, request, agent, session))
    .catch(async (error: unknown) => {
      // Nothing was promised yet: recovery must not replace the session.
      await journal.finish().catch(() => undefined);
      const reason = error instanceof Error ? error.message : String(error);
      throw new GtError("E_HANDOFF", `handoff note failed to persist: ${reason}`, {
        why: ["the session goes on as it was"],
        hint: "gt doctor",
        cause: error,
      });
    });
  return journal;
}

async function begin(
  access: TownAccess,
  agent: Agent,
  session: SessionRecord | undefined,
  data: HandoffData,
): Promise<OperationJournal<HandoffData>> {
  const journal = await OperationJournal.begin<HandoffData>(access, {
    kind: "handoff",
    subject: { agent: agent.address, bead: agent.hookBead, rig: agent.rig },
    step: "save",
    data,
  });
  await save(access, agent, session);
  crashPoint("handoff.saved");
  return journal;
}

/** What the successor reads, and the event. */
function noteOperations(
  access: TownAccess,
  request: HandoffRequest,
  agent: Agent,
  session: SessionRecord | undefined,
): readonly Operation[] {
  const { address } = request;
  return [
    {
      op: "putRow",
      table: handoffTable,
      key: address,
      value: {
        subject: request.subject ?? "Session cycling",
        message: request.message ?? "",
        reason: request.reason ?? "",
        from: access.actor,
        at: access.clock.now(),
        run: session?.runId ?? "",
      } satisfies HandoffNote,
    },
    {
      op: "event",
      event: {
        type: "handoff",
        payload: {
          subject: request.subject ?? "Session cycling",
          to_session: sessionOfAddress(access.town, address),
          agent: address,
          ...(request.reason === undefined ? {} : { reason: request.reason }),
          ...(access.actor === address ? {} : { by: access.actor }),
        },
      },
    },
    ...(request.stops === true && !(agent.role === "crew" && agent.hookBead !== "")
      ? [{ op: "setAgent", address, fields: { state: "stopped" } } as const]
      : []),
  ];
}

async function expectHandable(access: TownAccess, address: string): Promise<Agent> {
  const agent = await access.ledger.agent(address);
  if (agent === undefined || agent.state === "nuked")
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}`, { hint: "gt agents" });
  if (agent.role === "polecat" && agent.hookBead === "")
    throw new GtError("E_NOTHING_HOOKED", "nothing on the hook: run gt done or wait for work", {
      hint: `gt sling <bead> ${address}`,
    });
  if (agent.role !== "mayor") expectNoStop(access.town, agent.rig);
  if (agent.state === "stuck" || agent.state === "paused")
    throw new GtError("E_STATE", `${address} is ${agent.state}`, { hint: `gt hook resume ${address}` });
  return agent;
}

/** Step `save`: the files as they are, and where the agent is. A worktree that is gone has nothing to save. */
async function save(access: TownAccess, agent: Agent, session: SessionRecord | undefined): Promise<void> {
  const parsed = parseAddress(agent.address);
  const worktree = parsed === undefined ? undefined : agentHome(access.town, parsed);
  if (worktree === undefined || !(agent.role === "polecat" || agent.role === "crew")) return;
  if (!(await isValidWorktree(worktree))) return;
  const place = agent.role === "polecat" ? `polecats/${agent.name}` : `crew/${agent.name}`;
  await takeSnapshot(
    snapshotSubject(access, {
      worktree,
      place,
      address: agent.address,
      agent,
      session: session?.session ?? "",
    }),
    "session-end",
  );
  await saveCheckpoint(access, agent.address, { reason: "handoff", run: session?.runId ?? "" });
}

/** Step `respawn`: the old run ends, a new one starts, and there are never two. */
async function respawn(
  access: TownAccess,
  journal: OperationJournal<HandoffData>,
): Promise<SessionRecord | undefined> {
  const { agent: address } = journal.record.subject;
  const { oldRun, agent = "", stops = false, account, topic = "handoff" } = journal.data;
  const now = await liveSession(access, address);
  if (now !== undefined && now.runId !== oldRun) {
    await journal.finish();
    return now;
  }
  if (now !== undefined) await stopAgentSession(access, address, "handoff", { runId: oldRun });
  crashPoint("handoff.ended");
  if (stops) {
    await journal.finish();
    return undefined;
  }
  try {
    const record = await startHookSession(access, address, topic, {
      runtime: agent,
      ...(account === undefined ? {} : { account }),
    });
    crashPoint("handoff.started");
    await journal.finish();
    return record;
  } catch (error) {
    // The old session is gone: somebody has to try again, so the operation stays.
    await journal.leave(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Until when the agent's last own handoff keeps it from the next one; milliseconds since the epoch, 0 for never. */
export async function cooldownEnd(
  access: TownAccess,
  address: string,
  key: "operational.session.min_handoff_cooldown" | "operational.session.cycle_cooldown",
): Promise<number> {
  const last = await access.ledger.row<HandoffNote>(handoffTable, address);
  if (last?.value.from !== address) return 0;
  return last.value.at + durationSetting(access.town.settings(), key);
}

/** A polecat hands itself off at most once in a while: a loop of handoffs does no work (spec/04 §5.8). */
async function expectCooldown(access: TownAccess, request: HandoffRequest): Promise<void> {
  if (request.force === true || parseAddress(request.address)?.role !== "polecat") return;
  const end = await cooldownEnd(access, request.address, "operational.session.min_handoff_cooldown");
  const leftMs = end - access.clock.now();
  if (leftMs > 0)
    throw new GtError("E_HANDOFF_COOLDOWN", `wait ${Math.ceil(leftMs / 1000)}s or use --force`, {
      hint: "gt handoff --force",
    });
}
