import { isAncestor } from "../../core/git/ancestry.ts";
import { branchExists, currentBranch, isBranchName, resolveCommit } from "../../core/git/branch.ts";
import {
  type SnapshotOptions,
  type SnapshotReason,
  takeSnapshot,
  type SnapshotResult,
} from "../../core/git/hook-snapshots.ts";
import { listSnapshots, type HookSnapshot } from "../../core/git/list-snapshots.ts";
import {
  branchFromSnapshot,
  pathsNotIn,
  type PresentState,
  restoreFiles,
  restoreSnapshot,
} from "../../core/git/restore-snapshot.ts";
import { unkeptFiles } from "../../core/git/unkept-files.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { isLocked } from "../../core/lock/lock.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { OperationJournal, type OperationRecord } from "./operation-record.ts";
import { withAgentLock } from "./agent-lock.ts";
import { maxFileMb, moveInto, placeAside } from "./keep-work.ts";
import { snapshotSubject } from "./polecat-worktree.ts";
import { placeOf, snapshotHome } from "./prune-snapshots.ts";

export interface HookPlace {
  readonly agent: Agent;
  readonly worktree: string;
  /** `polecats/<name>`, `crew/<name>` or `refinery`. */
  readonly place: string;
}

/** The sandbox of an agent that has one; `E_NO_WORKTREE` otherwise. */
export async function hookPlace(access: TownAccess, address: string): Promise<HookPlace> {
  const parsed = parseAddress(address);
  const agent = await access.ledger.agent(address);
  const worktree = parsed === undefined ? undefined : agentHome(access.town, parsed);
  const place = parsed === undefined ? undefined : placeOf(parsed);
  if (agent === undefined || worktree === undefined || place === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `${address} has no sandbox`, { hint: "gt polecat list --all" });
  if (!(await isValidWorktree(worktree)))
    throw new GtError("E_NO_WORKTREE", `the worktree of ${address} is gone or broken`, {
      why: [`its snapshots are still there: gt hook rollback ${address} <number> --to-branch <name>`],
      hint: "gt doctor",
    });
  return { agent, worktree, place };
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
  readonly undo: number;
}

export interface Rollback {
  readonly snapshot: HookSnapshot;
  /** Snapshot of the state before, which a further rollback restores. */
  readonly undo: number | undefined;
  /** What the remote has of the branch when that is not part of it any more. Nothing is pushed over it. */
  readonly published?: string;
  /** Where files are that were in the way and that no snapshot holds. */
  readonly aside?: string | undefined;
  /** Files that no snapshot can hold, and that stay as they are. */
  readonly left?: readonly string[];
  /** The branch of the snapshot when it has gone on elsewhere: the worktree stands on none. */
  readonly detachedFrom?: string;
}

/** Restores an earlier state of a sandbox; the present one is kept as snapshot `pre-rollback` (spec/04 §6.5). */
export async function rollbackHook(access: TownAccess, request: RollbackRequest): Promise<Rollback> {
  const { address } = request;
  return withAgentLock(access, address, "rollback", async () => {
    if (request.toBranch !== undefined)
      return { snapshot: await makeBranch(access, request, request.toBranch), undo: undefined };
    const { worktree, place, agent } = await hookPlace(access, address);
    const snapshot = await findSnapshot(worktree, place, request.seq);
    const [missing] = await pathsNotIn(worktree, snapshot, request.files ?? []);
    if (missing !== undefined)
      throw new GtError("E_NOT_FOUND", `snapshot #${snapshot.seq} has no ${missing}`, {
        hint: `gt hook diff ${address} ${snapshot.seq} --stat`,
      });
    if ((await liveSession(access, address)) !== undefined)
      throw new GtError(
        "E_SESSION_LIVE",
        `the session of ${address} is running; it would be pulled from under it`,
        {
          hint: `gt hook rollback ${address} ${request.seq} --force`,
        },
      );
    if (agent.role === "refinery" && isLocked(access.town.paths.locks, `refinery-${agent.rig}`))
      throw new GtError("E_BUSY", `the merge queue of ${agent.rig} is at work in that worktree`, {
        hint: `gt refinery status ${agent.rig}`,
      });
    const before = await snapshotHook(access, address, "pre-rollback");
    const undo = before.state === "taken" ? before.snapshot.seq : before.seq;
    if (request.files !== undefined) {
      const present = await findSnapshot(worktree, place, undo);
      const { putAside, place: aside } = puttingAside(access, agent);
      await restoreFiles(worktree, snapshot, request.files, { present, putAside });
      return { snapshot, undo, aside: aside() };
    }
    const journal = await OperationJournal.begin<RollbackData>(access, {
      kind: "rollback",
      subject: { agent: address, bead: agent.hookBead, rig: agent.rig },
      step: "restore",
      data: { seq: request.seq, undo },
    });
    const aside = await carryOut(access, journal);
    const published = await publishedBeyond(worktree, snapshot);
    const left = await unkeptFiles(worktree, maxFileMb(access));
    const isDetached = snapshot.branch !== "" && (await currentBranch(worktree)) === undefined;
    return {
      ...{ snapshot, undo, aside },
      ...(published === undefined ? {} : { published }),
      ...(left.length === 0 ? {} : { left }),
      ...(isDetached ? { detachedFrom: snapshot.branch } : {}),
    };
  });
}

/** Also of an agent whose sandbox is gone. `E_USAGE`, `E_EXISTS` for a name that will not do. */
async function makeBranch(
  access: TownAccess,
  { address, seq }: RollbackRequest,
  branch: string,
): Promise<HookSnapshot> {
  const { repository, place } = snapshotHome(access.town, address);
  const snapshot = await findSnapshot(repository, place, seq);
  if (!(await isBranchName(repository, branch)))
    throw new GtError("E_USAGE", `"${branch}" cannot be the name of a branch`, { exitCode: 2 });
  if (await branchExists(repository, branch))
    throw new GtError("E_EXISTS", `there is a branch ${branch} already`, {
      hint: `gt hook rollback ${address} ${seq} --to-branch <name>`,
    });
  await branchFromSnapshot(repository, snapshot, branch);
  return snapshot;
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

/** Returns where files are that were in the way. */
async function carryOut(
  access: TownAccess,
  journal: OperationJournal<RollbackData>,
): Promise<string | undefined> {
  const { agent: address } = journal.record.subject;
  const { worktree, place, agent } = await hookPlace(access, address);
  const snapshot = await findSnapshot(worktree, place, journal.data.seq);
  const present = await findSnapshot(worktree, place, journal.data.undo);
  const { putAside, place: aside } = puttingAside(access, agent);
  await restoreSnapshot(worktree, snapshot, { present, putAside });
  await journal.finish([
    {
      op: "event",
      event: {
        type: "hook_rollback",
        payload: { agent: address, ref: snapshot.ref, to: snapshot.seq, from: journal.data.undo },
      },
    },
  ]);
  return aside();
}

/** A directory of `lost+found` for what is in the way of a rollback; it is made for the first such file. */
function puttingAside(
  access: TownAccess,
  { rig, name }: Agent,
): { readonly putAside: PresentState["putAside"]; readonly place: () => string | undefined } {
  const place = placeAside(access, `${rig}-${name}`);
  let isUsed = false;
  return {
    putAside: (worktree, path) => {
      moveInto(place, worktree, path);
      isUsed = true;
    },
    place: () => (isUsed ? place : undefined),
  };
}
