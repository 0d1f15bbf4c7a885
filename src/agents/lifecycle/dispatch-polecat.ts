import { crashPoint } from "../../core/crash-point.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { acquireLock, type Lock } from "../../core/lock/lock.ts";
import type { Rig } from "../../core/town/town.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { hasSessions } from "../sessions/backend.ts";
import { type HandLaunch, prepareHandLaunch } from "../sessions/hand-launch.ts";
import { startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { nextState } from "./agent-transition.ts";
import { livesForItsBead } from "./agent-session.ts";
import { agentLockName } from "./agent-lock.ts";
import { assignmentEvent } from "./assignment-event.ts";
import { commitDispatch } from "./commit-dispatch.ts";
import { metadataText } from "./attachment.ts";
import { dispatcherNote } from "./dispatcher-note.ts";
import { OperationJournal } from "./operation-record.ts";
import { makeHome, type Seat, type SeatRequest, takeSeat } from "./polecat-pool.ts";
import { findStart, freshenOrigin, prepareWorktree } from "./polecat-worktree.ts";
import { type HolderState, preserveHolder } from "./preserve-holder.ts";
import { runtimeOf } from "./runtime-choice.ts";
import { setUpSandbox } from "./sandbox-setup.ts";
import { beadBefore, type SlingData } from "./sling-data.ts";
import type { SlingOptions } from "./sling-request.ts";
import { undoDispatch } from "./undo-dispatch.ts";
import { newBranchName } from "./work-branch.ts";
import type { Workflow } from "./work-formula.ts";

export interface DispatchRequest {
  readonly bead: Bead;
  readonly rig: Rig;
  readonly seat: SeatRequest;
  readonly options: SlingOptions;
  /** Branch on which the work is based. */
  readonly base: string;
  /** By which it is worked on. */
  readonly workflow: Workflow | undefined;
  /** The convoy to make for the bead, unless one tracks it already. */
  readonly convoy: { readonly make: boolean; readonly id?: string };
  /** Looks again at the bead once it is locked; tells from whom it is taken over. Throws when it may not be had. */
  readonly admit: () => Promise<{ readonly bead: Bead; readonly takeOver?: string }>;
}

/** What became of one bead (spec/04 §2.6). */
export interface Dispatch {
  readonly bead: string;
  readonly title: string;
  readonly agent: string;
  readonly reused: boolean;
  readonly branch: string;
  readonly base: string;
  readonly convoy?: { readonly id: string; readonly title: string };
  /** Molecule by which it is worked on, and its formula. */
  readonly workflow?: { readonly formula: string; readonly molecule: string };
  readonly session: string;
  readonly runtime: string;
  /** In minimal mode: how a person starts the agent. */
  readonly byHand?: HandLaunch;
  /** How an agent that keeps its own workspace gets to know: told now, or it finds the bead at its next turn or start. */
  readonly notice?: "told" | "next-turn" | "next-start";
  /** The same sling was done before. */
  readonly noop: boolean;
  /** Id of the queued sling, when the scheduler starts it later. */
  readonly scheduled?: string;
  readonly warnings: readonly string[];
}

/**
 * Gives the bead to a polecat of the rig: reserve, preserve, worktree, set-up, one batch, session (spec/04 §2.6). When
 * this throws, everything is as it was; when the process dies, `recoverOperations` ends it one way or the other.
 */
export async function dispatchToPolecat(access: TownAccess, request: DispatchRequest): Promise<Dispatch> {
  try {
    return await dispatchOnce(access, request);
  } catch (error) {
    if (!(error instanceof ReuseFailure) || request.seat.name !== undefined) throw error;
    // It stays idle, with all that is in it, for somebody to look at.
    const dispatch = await dispatchOnce(access, { ...request, seat: { ...request.seat, fresh: true } });
    return { ...dispatch, warnings: [error.message, ...dispatch.warnings] };
  }
}

/** The sandbox of an idle polecat can neither be reset nor made anew (spec/04 §3.4). */
class ReuseFailure extends GtError {
  constructor(address: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super("E_SANDBOX", `the sandbox of ${address} cannot be used again: ${reason.trim().split("\n")[0]}`, {
      hint: `gt polecat git-state ${address.replace("/polecats/", "/")}`,
      cause,
    });
  }
}

async function dispatchOnce(access: TownAccess, request: DispatchRequest): Promise<Dispatch> {
  const runtime = runtimeOf(access.town, request.rig, request.bead, request.options.agent, {
    hasWorkflow: request.workflow !== undefined,
  });
  const reservation = await reserve(access, request);
  const { seat, journal } = reservation;
  const locks = [...reservation.locks];
  try {
    const holder = await lockHolder(access, journal);
    if (holder !== undefined) locks.push(holder);
    return await carryOut(access, request, reservation, runtime);
  } catch (error) {
    await undoOrLeave(access, request.rig, journal, error);
    throw error;
  } finally {
    for (const lock of [...locks, seat.lock]) lock.release();
  }
}

/**
 * Nobody hands in, hands off or releases what is being taken from them. Only polecats that work hold beads and only
 * idle ones are seats, so two take-overs never wait for each other.
 */
async function lockHolder(
  access: TownAccess,
  journal: OperationJournal<SlingData>,
): Promise<Lock | undefined> {
  const { takeOver } = journal.data;
  const { agent, bead: id } = journal.record.subject;
  if (takeOver === undefined || takeOver === agent) return undefined;
  const lock = await acquireLock(access.town.paths.locks, agentLockName(takeOver), {
    waitMs: 10_000,
    kind: "sling",
    subject: takeOver,
  });
  const bead = await access.ledger.get(id);
  if (bead?.assignee === takeOver && metadataText(bead, "awaiting_merge") === "") return lock;
  lock.release();
  throw new GtError("E_CONFLICT", `${id} has left the hook of ${takeOver} meanwhile`, {
    hint: `bd show ${id}`,
  });
}

interface Reservation {
  readonly bead: Bead;
  readonly seat: Seat;
  readonly journal: OperationJournal<SlingData>;
  readonly locks: readonly Lock[];
}

/** Steps `lock` and `allocate`. The pool lock is held only here, so that slings wait for each other briefly. */
async function reserve(access: TownAccess, request: DispatchRequest): Promise<Reservation> {
  const { rig } = request;
  const locksDir = access.town.paths.locks;
  const pool = await acquireLock(locksDir, `pool-${rig.name}`, {
    waitMs: 30_000,
    kind: "sling",
    subject: `pool of ${rig.name}`,
  });
  const locks: Lock[] = [];
  try {
    locks.push(
      await acquireLock(locksDir, `bead-${request.bead.id}`, { kind: "sling", subject: request.bead.id }),
    );
    const { bead, takeOver } = await request.admit();
    const seat = await takeSeat(access, rig, request.seat);
    locks.push(seat.lock);
    const journal = await OperationJournal.begin<SlingData>(access, {
      kind: "sling",
      subject: { agent: seat.address, bead: bead.id, rig: rig.name },
      step: "allocate",
      data: {
        name: seat.name,
        worktree: seat.worktree,
        isReused: seat.isReused,
        branch: "",
        start: "",
        before: beadBefore(bead),
        isCommitted: false,
        ...(takeOver === undefined ? {} : { takeOver }),
        ...(request.options.agent === undefined ? {} : { agentOverride: request.options.agent }),
      },
      operations: occupy(rig, seat, bead),
    });
    return { bead, seat, journal, locks: locks.filter((lock) => lock !== seat.lock) };
  } catch (error) {
    for (const lock of locks.reverse()) lock.release();
    throw error;
  } finally {
    pool.release();
  }
}

function occupy(rig: Rig, seat: Seat, bead: Bead): readonly Operation[] {
  const { address, beadId, name, before, isReused } = seat;
  const assignment = { address, rig: rig.name, hookBead: bead.id, hookSeq: (before?.hookSeq ?? 0) + 1 };
  const events: readonly Operation[] = [
    {
      op: "event",
      event: {
        type: isReused ? "reuse" : "spawn",
        payload: { polecat: name, bead: bead.id, rig: rig.name },
      },
    },
    // The assignment before this one ends at the latest now.
    ...(before?.hookState === "completed"
      ? [assignmentEvent(before, "archived", { reason: "next assignment started" })]
      : []),
    assignmentEvent(assignment, "created"),
  ];
  if (before === undefined || before.state === "nuked")
    return [
      {
        op: "ensureAgent",
        agent: {
          id: beadId,
          address,
          role: "polecat",
          rig: rig.name,
          name,
          state: nextState(address, before?.state ?? "none", "spawn"),
        },
      },
      { op: "setAgent", address, fields: { hookState: "created" } },
      ...events,
    ];
  return [
    { op: "expectAgent", address, expected: { state: before.state, hookBead: before.hookBead } },
    { op: "setAgent", address, fields: { state: "spawning", hookState: "created" } },
    ...events,
  ];
}

async function carryOut(
  access: TownAccess,
  request: DispatchRequest,
  { bead, seat, journal }: Reservation,
  runtime: Runtime,
): Promise<Dispatch> {
  const { rig, base, options } = request;
  const warnings: string[] = [];
  if (!seat.isReused) makeHome(access, rig, seat);
  crashPoint("sling.allocate.done");

  // A session that outlived its work, as with `session_on_done: keep`, must not see its files change under it.
  if (seat.isReused) await stopAgentSession(access, seat.address, "done");

  const holder = await preserve(access, rig, journal, warnings);

  const offline = await freshenOrigin(access, rig);
  if (offline !== undefined) warnings.push(offline);
  const from = await findStart(rig, { base, priorBranch: metadataText(bead, "prior_branch") });
  const branch = await newBranchName(access, rig, { polecat: seat.name, bead });
  await journal.step("worktree", { branch, start: from.start });
  const sandbox = { ...seat, place: `polecats/${seat.name}`, agent: seat.before };
  warnings.push(
    ...(await prepareWorktree(access, rig, sandbox, { start: from.start, branch }).catch((error: unknown) => {
      throw seat.isReused && !(error instanceof GtError) ? new ReuseFailure(seat.address, error) : error;
    })),
  );
  crashPoint("sling.worktree.done");

  await journal.step("setup");
  warnings.push(...(await setUpSandbox({ rig, worktree: seat.worktree, name: seat.name })));
  crashPoint("sling.setup.done");

  const committed = await commitDispatch(access, journal, {
    ...{ rig, options, convoy: request.convoy, workflow: request.workflow },
    bead,
    seat,
    branch,
    base,
    baseSha: from.baseSha,
    holder,
  });
  const { convoy, workflow } = committed;
  warnings.push(...committed.warnings);
  const byHand = hasSessions(access.town)
    ? undefined
    : await prepareHandLaunch(access.town, { role: "polecat", rig: rig.name, name: seat.name }, runtime, {
        bead: bead.id,
        now: access.clock.now(),
      });
  const work = { bead, runtime: runtime.name, account: options.account, note: dispatcherNote(options) };
  const session = byHand === undefined ? await startWork(access, journal, work) : "";
  await confirm(access, journal, seat.address);
  return {
    bead: bead.id,
    title: bead.title,
    agent: seat.address,
    reused: seat.isReused,
    branch,
    base: from.continues ?? from.start.replace(/^refs\/(remotes|heads)\//, ""),
    ...(convoy === undefined ? {} : { convoy }),
    ...(workflow === undefined ? {} : { workflow }),
    session,
    runtime: runtime.name,
    ...(byHand === undefined ? {} : { byHand }),
    noop: false,
    warnings,
  };
}

/** Step `preserve`: before a bead is taken from another agent, that agent's files exist as snapshot and pushed branch. */
async function preserve(
  access: TownAccess,
  rig: Rig,
  journal: OperationJournal<SlingData>,
  warnings: string[],
): Promise<HolderState | undefined> {
  const { takeOver } = journal.data;
  if (takeOver === undefined) return undefined;
  await journal.step("preserve");
  const holder = await preserveHolder(access, rig, takeOver);
  warnings.push(...holder.warnings);
  const { bead, agent } = journal.record.subject;
  const unhook = { type: "unhook", payload: { bead, agent: takeOver, reason: `taken over by ${agent}` } };
  return { ...holder, operations: [...holder.operations, { op: "event", event: unhook }] };
}

/** Step `session`: the previous holder's session ends, the new one starts. Returns the session's name. */
export async function startWork(
  access: TownAccess,
  journal: OperationJournal<SlingData>,
  work: {
    readonly bead: Bead;
    readonly runtime: string;
    readonly account: string | undefined;
    readonly note: string;
  },
): Promise<string> {
  const { takeOver } = journal.data;
  const { agent: address, bead } = journal.record.subject;
  if (takeOver !== undefined && takeOver !== address && livesForItsBead(takeOver))
    await stopAgentSession(access, takeOver, "stopped");
  const record = await startAgentSession(access, {
    address,
    topic: `assigned:${bead}`,
    bead,
    agentOverride: work.runtime,
    ...(work.account === undefined ? {} : { account: work.account }),
    note: work.note,
  });
  crashPoint("sling.session.done");
  return record.session;
}

/** Step `wake`: the process is there, so the polecat works. Ends the operation. */
export async function confirm(
  access: TownAccess,
  journal: OperationJournal<SlingData>,
  address: string,
): Promise<void> {
  const agent = await access.ledger.agent(address);
  if (agent === undefined) throw new GtError("E_AGENT_NOT_FOUND", `no polecat ${address}`);
  await journal.finish([
    { op: "expectAgent", address, expected: { state: "spawning" } },
    { op: "setAgent", address, fields: { state: nextState(address, "spawning", "session-confirmed") } },
    assignmentEvent(agent, "active"),
  ]);
}

/** Undoes what was done; what cannot be undone now is left to recovery, which is told why. */
async function undoOrLeave(
  access: TownAccess,
  rig: Rig,
  journal: OperationJournal<SlingData>,
  reason: unknown,
): Promise<void> {
  try {
    await undoDispatch(access, rig, journal);
  } catch (error) {
    const text = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));
    await journal.leave(`${text(reason)}; undo failed: ${text(error)}`);
  }
}
