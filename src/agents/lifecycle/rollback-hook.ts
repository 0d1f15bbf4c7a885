import { isAncestor } from "../../core/git/ancestry.ts";
import { resolveCommit } from "../../core/git/branch.ts";
import {
  type SnapshotOptions,
  type SnapshotReason,
  takeSnapshot,
  type SnapshotResult,
} from "../../core/git/hook-snapshots.ts";
import { listSnapshots, type HookSnapshot } from "../../core/git/list-snapshots.ts";
import { branchFromSnapshot, restoreFiles, restoreSnapshot } from "../../core/git/restore-snapshot.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { withAgentLock } from "./agent-lock.ts";
import { snapshotSubject } from "./polecat-worktree.ts";

export interface HookPlace {
  readonly agent: Agent;
  readonly worktree: string;
  /** `polecats/<name>` or `crew/<name>`. */
  readonly place: string;
}

/** The sandbox of an agent that has one; `E_NO_WORKTREE` otherwise. */
export async function hookPlace(access: TownAccess, address: string): Promise<HookPlace> {
  const parsed = parseAddress(address);
  const agent = await access.ledger.agent(address);
  const worktree = parsed === undefined ? undefined : agentHome(access.town, parsed);
  const hasSandbox = parsed?.role === "polecat" || parsed?.role === "crew";
  if (agent === undefined || worktree === undefined || !hasSandbox)
    throw new GtError("E_AGENT_NOT_FOUND", `${address} has no sandbox`, { hint: "gt polecat list --all" });
  if (!(await isValidWorktree(worktree)))
    throw new GtError("E_NO_WORKTREE", `the worktree of ${address} is gone or broken`, {
      hint: "gt doctor",
    });
  return { agent, worktree, place: `${parsed.role === "crew" ? "crew" : "polecats"}/${agent.name}` };
}

/** Takes a snapshot now. */
export async function snapshotHook(
  access: TownAccess,
  address: string,
  reason: SnapshotReason = "manual",
  options: SnapshotOptions = {},
): Promise<SnapshotResult> {
  const { agent, worktree, place } = await hookPlace(access, address);
  const session = (await liveSession(access, address))?.session ?? "";
  return takeSnapshot(snapshotSubject(access, { worktree, place, address, agent, session }), reason, options);
}

/** The snapshot of that number, or `E_NO_SNAPSHOT`. */
export async function findSnapshot(worktree: string, place: string, seq: number): Promise<HookSnapshot> {
  const found = (await listSnapshots(worktree, place)).find((snapshot) => snapshot.seq === seq);
  if (found !== undefined) return found;
  throw new GtError("E_NO_SNAPSHOT", `there is no snapshot #${seq} of ${place}`, {
    hint: "gt hook snapshots",
  });
}

export interface RollbackRequest {
  readonly address: string;
  readonly seq: number;
  /** Only these paths, without moving branch or index. */
  readonly files?: readonly string[];
  /** Makes a branch of the snapshot and changes nothing else. */
  readonly toBranch?: string;
}

export interface RollbackData {
  readonly seq: number;
  /** Snapshot of the state before. */
  readonly undo?: number;
}

export interface Rollback {
  readonly snapshot: HookSnapshot;
  /** Snapshot of the state before, which a further rollback restores. */
  readonly undo: number | undefined;
  /** What the remote has of the branch when that is not part of it any more. Nothing is pushed over it. */
  readonly published?: string;
}

/** Restores an earlier state of a sandbox; the present one is kept as snapshot `pre-rollback` (spec/04 §6.5). */
export async function rollbackHook(access: TownAccess, request: RollbackRequest): Promise<Rollback> {
  const { address } = request;
  return withAgentLock(access, address, "rollback", async () => {
    const { worktree, place, agent } = await hookPlace(access, address);
    const snapshot = await findSnapshot(worktree, place, request.seq);
    if (request.toBranch !== undefined) {
      await branchFromSnapshot(worktree, snapshot, request.toBranch);
      return { snapshot, undo: undefined };
    }
    if ((await liveSession(access, address)) !== undefined)
      throw new GtError(
        "E_SESSION_LIVE",
        `the session of ${address} is running; it would be pulled from under it`,
        {
          hint: `gt hook suspend ${address}`,
        },
      );
    const before = await snapshotHook(access, address, "pre-rollback");
    const undo = before.state === "taken" ? before.snapshot.seq : before.seq;
    if (request.files !== undefined) {
      await restoreFiles(worktree, snapshot, request.files);
      return { snapshot, undo };
    }
    const journal = await OperationJournal.begin<RollbackData>(access, {
      kind: "rollback",
      subject: { agent: address, bead: agent.hookBead, rig: agent.rig },
      step: "restore",
      data: { seq: request.seq, ...(undo === undefined ? {} : { undo }) },
    });
    await carryOut(access, journal);
    const published = await publishedBeyond(worktree, snapshot);
    return { snapshot, undo, ...(published === undefined ? {} : { published }) };
  });
}

async function publishedBeyond(
  worktree: string,
  { branch, head }: HookSnapshot,
): Promise<string | undefined> {
  if (branch === "" || head === "") return undefined;
  const remote = await resolveCommit(worktree, `refs/remotes/origin/${branch}`);
  return remote === undefined || (await isAncestor(worktree, remote, head)) ? undefined : remote;
}

/** Repeats a rollback whose process died: restoring twice is restoring once. */
export async function recoverRollback(
  access: TownAccess,
  row: RuntimeRow<OperationRecord<never>>,
): Promise<"resumed"> {
  await carryOut(access, await OperationJournal.adopt<RollbackData>(access, row));
  return "resumed";
}

async function carryOut(access: TownAccess, journal: OperationJournal<RollbackData>): Promise<void> {
  const { agent: address } = journal.record.subject;
  const { worktree, place } = await hookPlace(access, address);
  const snapshot = await findSnapshot(worktree, place, journal.data.seq);
  await restoreSnapshot(worktree, snapshot);
  await journal.finish([
    {
      op: "event",
      event: {
        type: "hook_rollback",
        payload: {
          ...{ agent: address, ref: snapshot.ref, to: snapshot.seq },
          ...(journal.data.undo === undefined ? {} : { from: journal.data.undo }),
        },
      },
    },
  ]);
}
