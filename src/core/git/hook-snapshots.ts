import { copyFile, stat, utimes } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { formatAge } from "../duration.ts";
import { GtError } from "../gt-error.ts";
import { sanitiseLine } from "../sanitise.ts";
import { currentBranch, resolveCommit } from "./branch.ts";
import { inexactFiles, treeOfBytes } from "./exact-bytes.ts";
import { filtersOff } from "./filters-off.ts";
import { askGit, GitFailure, type GitOptions, openGit, runGit } from "./git.ts";
import { hiddenFiles } from "./hidden-files.ts";
import { operationOf } from "./operation.ts";
import { withScratchIndex } from "./scratch-index.ts";
import { isUnpublished, submodulesOf } from "./submodules.ts";
import { type HookSnapshot, listSnapshots, refOf } from "./list-snapshots.ts";
import { defaultMaxFileMb, unkeptUntracked } from "./unkept-files.ts";

/** Why a snapshot was taken (spec/04 §6.2). */
export type SnapshotReason =
  | "interval"
  | "session-end"
  | "pre-reset"
  | "pre-compact"
  | "pre-nuke"
  | "pre-rollback"
  | "pre-repair"
  | "pre-done"
  | "pre-steal"
  | "pre-suspend"
  | "estop"
  | "shutdown"
  | "manual";

/** Whose work is kept, and what was going on. */
export interface SnapshotSubject {
  readonly worktree: string;
  /** `polecats/<name>`, `crew/<name>` or `refinery`: place of the refs below `refs/gt/hooks/`. */
  readonly place: string;
  readonly address: string;
  readonly email: string;
  readonly bead: string;
  /** Number of the assignment. */
  readonly assignment: number;
  readonly hookState: string;
  readonly session: string;
  /** Untracked files above this are left out and named in the trailer `Gt-Skipped`; 50 by default. */
  readonly maxFileMb?: number;
  /** Told of a new snapshot, never of an unchanged worktree. */
  readonly onTaken?: (taken: TakenSnapshot) => void;
}

export interface TakenSnapshot {
  readonly state: "taken";
  readonly snapshot: HookSnapshot;
  /** Files that differ from HEAD. */
  readonly files: number;
  /** What the repository has grown by, in bytes. */
  readonly bytes: number;
}

export type SnapshotResult =
  | TakenSnapshot
  /** The newest snapshot holds the same files, index and HEAD. */
  | { readonly state: "unchanged"; readonly seq: number };

export interface SnapshotOptions {
  readonly timeoutMs?: number;
  /** What a person says about it, one line. */
  readonly note?: string;
}

const defaultTimeoutMs = 60_000;

/**
 * Keeps the state of a worktree as a commit below `refs/gt/hooks/` (spec/04 §6.1): tracked and untracked files and the
 * index. HEAD, index, stash and files are not touched, so it may run beside a working agent.
 */
export async function takeSnapshot(
  subject: SnapshotSubject,
  reason: SnapshotReason,
  options: SnapshotOptions = {},
): Promise<SnapshotResult> {
  const { worktree } = subject;
  const state = await withinTime(options.timeoutMs ?? defaultTimeoutMs, (signal) =>
    captureState(worktree, { ...subject, signal }),
  );
  const note = sanitiseLine(options.note ?? "")
    .replace(/\s+/g, " ")
    .trim();
  const recorded = await recordNext(subject, state, { reason, note });
  if ("unchanged" in recorded) return { state: "unchanged", seq: recorded.unchanged };
  const { previous, seq, commit } = recorded;
  const ref = refOf(subject.place, seq);
  const taken: TakenSnapshot = {
    state: "taken",
    files: await changedFiles(worktree, commit, state.head),
    bytes: await grownBy(worktree, commit, [state.head, previous?.commit]),
    snapshot: {
      seq,
      ref,
      commit,
      time: Number(await runGit(worktree, ["show", "-s", "--format=%ct", commit])) * 1000,
      reason,
      bead: subject.bead,
      assignment: subject.assignment,
      branch: state.branch,
      head: state.head ?? "",
      session: subject.session,
      operation: state.operation,
      note,
    },
  };
  subject.onTaken?.(taken);
  return taken;
}

/** What does not come to its end in time has failed, even while a filter that git has started still holds it up. */
async function withinTime<Result>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const time = new AbortController();
  const worked = work(time.signal);
  const limit = pause(timeoutMs, undefined, { signal: time.signal }).then(
    () => {
      throw new GtError("E_TIMEOUT", `the snapshot was not ready after ${formatAge(timeoutMs)}`);
    },
    () => worked,
  );
  try {
    return await Promise.race([worked, limit]);
  } finally {
    // Ends the clock, or the git that is late; nobody waits for either.
    time.abort();
    worked.catch(() => undefined);
    limit.catch(() => undefined);
  }
}

interface Recorded {
  readonly seq: number;
  readonly commit: string;
  readonly previous: HookSnapshot | undefined;
}

const mostAttempts = 10;

/** Under the next free number. Whoever takes a snapshot of the same place at the same time may be first. */
async function recordNext(
  subject: SnapshotSubject,
  state: WorktreeState,
  why: Pick<Telling, "reason" | "note">,
): Promise<Recorded | { readonly unchanged: number }> {
  const { worktree } = subject;
  for (let attempt = 1; ; attempt++) {
    const earlier = await listSnapshots(worktree, subject.place);
    const [previous] = earlier;
    if (previous !== undefined && (await holdsTheSame(previous.ref, state)))
      return { unchanged: previous.seq };
    const seq = (previous?.seq ?? 0) + 1;
    const kept = [seq, ...earlier.map((each) => each.seq)];
    try {
      return { seq, previous, commit: await recordState(subject, state, { ...why, seq, kept }) };
    } catch (error) {
      const isTaken = (await resolveCommit(worktree, refOf(subject.place, seq))) !== undefined;
      if (!isTaken || attempt === mostAttempts) throw error;
    }
  }
}

/** Size of the objects that only the commit needs. */
async function grownBy(
  worktree: string,
  commit: string,
  known: readonly (string | undefined)[],
): Promise<number> {
  const others = known.flatMap((each) => (each === undefined || each === "" ? [] : [`^${each}`]));
  const command = ["rev-list", "--objects", "--disk-usage", commit, ...others];
  const { stdout } = await askGit(worktree, command);
  return Number(stdout.trim()) || 0;
}

/** A worktree as it is now. Its objects are written, nothing refers to them yet. */
interface WorktreeState {
  readonly worktree: string;
  readonly head: string | undefined;
  readonly branch: string;
  readonly tree: string;
  /** Tree of the index where it differs from HEAD. */
  readonly keptIndex: string | undefined;
  /** Tree of the files that a checkout of `tree` would give other bytes. */
  readonly bytes: string | undefined;
  readonly skipped: readonly string[];
  /** The unfinished git operation; "" for none. */
  readonly operation: string;
  /** Those of its submodules that hold what is nowhere else. */
  readonly submodules: readonly SubmoduleState[];
}

interface SubmoduleState {
  readonly path: string;
  readonly state: WorktreeState;
}

interface Limits {
  readonly maxFileMb?: number;
  readonly signal?: AbortSignal;
}

async function captureState(worktree: string, options: Limits): Promise<WorktreeState> {
  const submodules: SubmoduleState[] = [];
  for (const { path, directory } of await submodulesOf(worktree)) {
    const state = await captureState(directory, options);
    if (await isWorthKeeping(state)) submodules.push({ path, state });
  }
  const head = await resolveCommit(worktree, "HEAD");
  const { tree, indexTree, bytes, skipped } = await treesOf(worktree, head, options);
  const headTree = await treeOf(worktree, head);
  const keptIndex = indexTree !== undefined && indexTree !== headTree ? indexTree : undefined;
  const branch = (await currentBranch(worktree)) ?? "";
  const operation = operationOf(worktree) ?? "";
  return { worktree, head, branch, tree, keptIndex, bytes, skipped, operation, submodules };
}

/** A submodule at a commit that its remote has, without changes, is described by its parent's tree. */
async function isWorthKeeping({
  worktree,
  head,
  tree,
  keptIndex,
  bytes,
  submodules,
}: WorktreeState): Promise<boolean> {
  if (submodules.length > 0 || keptIndex !== undefined || bytes !== undefined) return true;
  if (head === undefined || tree !== (await treeOf(worktree, head))) return true;
  return isUnpublished(worktree, [head]);
}

async function treeOf(worktree: string, commit: string | undefined): Promise<string | undefined> {
  return commit === undefined || commit === ""
    ? undefined
    : runGit(worktree, ["rev-parse", `${commit}^{tree}`]);
}

interface Telling {
  readonly seq: number;
  readonly reason: SnapshotReason;
  readonly note: string;
  /** Numbers of all snapshots of the place; what a submodule has of others goes. */
  readonly kept: readonly number[];
}

/** Makes the commit and its ref, those of submodules first: a snapshot is whole or is not there. */
async function recordState(subject: SnapshotSubject, state: WorktreeState, told: Telling): Promise<string> {
  const { worktree, head, tree, bytes } = state;
  for (const submodule of state.submodules) {
    await dropRetired(submodule.state.worktree, subject.place, told.kept);
    await recordState(subject, submodule.state, told);
  }
  const parents = head === undefined ? [] : ["-p", head];
  // The bytes are the third parent, so with them there always is a second.
  const index = state.keptIndex ?? (bytes === undefined ? undefined : await treeOf(worktree, head));
  for (const [kept, what] of [
    [index, "index of a snapshot"],
    [bytes, "exact files of a snapshot"],
  ] as const)
    if (kept !== undefined && head !== undefined)
      parents.push("-p", await commitTree(worktree, subject, kept, ["-p", head], what));
  const commit = await commitTree(worktree, subject, tree, parents, snapshotMessage(subject, state, told));
  const ref = refOf(subject.place, told.seq);
  // In a submodule the number may be there already, from a snapshot that did not get to its end.
  const absent = worktree === subject.worktree ? ["0".repeat(40)] : [];
  await runGit(worktree, ["update-ref", ref, commit, ...absent]);
  return commit;
}

async function dropRetired(submodule: string, place: string, kept: readonly number[]): Promise<void> {
  for (const { ref, seq } of await listSnapshots(submodule, place))
    if (!kept.includes(seq)) await runGit(submodule, ["update-ref", "-d", ref]);
}

/** Tree of the files as they are now, untracked ones included: for comparing with a snapshot. Nothing is changed. */
export async function treeOfFiles(worktree: string): Promise<string> {
  return (await treesOf(worktree, await resolveCommit(worktree, "HEAD"), {})).tree;
}

interface Trees {
  readonly tree: string;
  /** Undefined for an index with unmerged entries, which has no tree; then the files alone are kept. */
  readonly indexTree: string | undefined;
  readonly bytes: string | undefined;
  /** Files that are too large, and repositories inside. */
  readonly skipped: readonly string[];
}

/** Files and index as trees, written with a copy of the index. */
async function treesOf(worktree: string, head: string | undefined, options: Limits): Promise<Trees> {
  return withScratchIndex(worktree, async (index) => {
    await copyIndex(worktree, index, head);
    const withIndex = {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      env: { GIT_INDEX_FILE: index },
    };
    const staged = await askGit(worktree, ["write-tree"], withIndex);
    const skipped = await unkeptUntracked(worktree, options.maxFileMb ?? defaultMaxFileMb);
    await showHidden(worktree, withIndex);
    const withoutFilters = await addAll(worktree, skipped, withIndex);
    const inexact =
      head === undefined ? [] : await inexactFiles(worktree, { head, withoutFilters, withIndex });
    return {
      tree: await runGit(worktree, [...withoutFilters, "write-tree"], withIndex),
      indexTree: staged.exitCode === 0 ? staged.stdout.trim() : undefined,
      bytes: await treeOfBytes(worktree, inexact, {
        ...withIndex,
        env: { GIT_INDEX_FILE: `${index}-bytes` },
      }),
      skipped,
    };
  });
}

/** Whoever told git not to look at a file has not told us: what he has written there is work as well. */
async function showHidden(worktree: string, withIndex: GitOptions): Promise<void> {
  const hidden = await hiddenFiles(worktree);
  if (hidden.length === 0) return;
  for (const flag of ["--no-assume-unchanged", "--no-skip-worktree"])
    await runGit(worktree, ["update-index", flag, "-z", "--stdin"], {
      ...withIndex,
      input: hidden.map((path) => `${path}\0`).join(""),
    });
}

/**
 * Takes all files into the index, whatever the project thinks of their line ends. When a filter of its attributes does
 * not work, the files are taken without any, as a program that is missing here must not cost the work: then returns the
 * options that every git needs which looks at this index.
 */
async function addAll(
  worktree: string,
  without: readonly string[],
  withIndex: GitOptions,
): Promise<readonly string[]> {
  const add = [
    ...["-c", "core.safecrlf=false", "-c", "core.sparseCheckout=false", "add", "--all", "--", "."],
    ...without.map((path) => `:(exclude,top,literal)${path}`),
  ];
  try {
    await openGit(worktree, withIndex).raw(add);
    return [];
  } catch (error) {
    const off = error instanceof GitFailure ? await filtersOff(worktree) : [];
    if (off.length === 0) throw error;
    await openGit(worktree, withIndex).raw([...off, ...add]);
    return off;
  }
}

export interface SnapshotChanges {
  /** Files that differ from the commit on which the agent stood. */
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
}

/** How much uncommitted work a snapshot holds. */
export async function describeChanges(repository: string, snapshot: HookSnapshot): Promise<SnapshotChanges> {
  if (snapshot.head === "") return { files: 0, insertions: 0, deletions: 0 };
  const output = await runGit(repository, ["diff", "--shortstat", snapshot.head, snapshot.commit, "--"]);
  const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
  return { files: count("file"), insertions: count("insertion"), deletions: count("deletion") };
}

/**
 * The copy is as old as the original: git reads a file again whose time is not before the index's, and a younger copy
 * would hide an edit of the same size in the second in which the index was written.
 */
async function copyIndex(worktree: string, copy: string, head: string | undefined): Promise<void> {
  const path = resolve(worktree, await runGit(worktree, ["rev-parse", "--git-path", "index"]));
  try {
    const writtenAt = Math.floor((await stat(path)).mtimeMs / 1000);
    await copyFile(path, copy);
    await utimes(copy, writtenAt, writtenAt);
  } catch {
    // No index yet: the tree of HEAD stands for it.
    if (head !== undefined) await runGit(worktree, ["read-tree", head], { env: { GIT_INDEX_FILE: copy } });
  }
}

async function holdsTheSame(ref: string, now: WorktreeState): Promise<boolean> {
  const { worktree } = now;
  const format = await askGit(worktree, ["show", "-s", "--format=%T %P%n%B", "--end-of-options", ref]);
  if (format.exitCode !== 0) return false;
  const [ids = "", ...message] = format.stdout.split("\n");
  const [tree, head, indexCommit, bytesCommit] = ids.split(" ");
  if (tree !== now.tree || (head ?? "") !== (now.head ?? "")) return false;
  const index = await treeOf(worktree, indexCommit);
  if ((index === (await treeOf(worktree, now.head)) ? undefined : index) !== now.keptIndex) return false;
  if ((await treeOf(worktree, bytesCommit)) !== now.bytes) return false;
  const kept = message.filter((line) => line.startsWith("Gt-Submodule: "));
  if (kept.join("\n") !== submoduleLines(now).join("\n")) return false;
  for (const { state } of now.submodules) if (!(await holdsTheSame(ref, state))) return false;
  return true;
}

const submoduleLines = ({ submodules }: WorktreeState): readonly string[] =>
  submodules.map(({ path }) => `Gt-Submodule: ${path.replaceAll("\n", " ")}`);

function commitTree(
  worktree: string,
  subject: SnapshotSubject,
  tree: string,
  parents: readonly string[],
  message: string,
): Promise<string> {
  const identity = { name: subject.address.replace(/\/$/, ""), email: subject.email || "agent@localhost" };
  return runGit(worktree, ["commit-tree", tree, ...parents, "-m", message], {
    env: {
      GIT_AUTHOR_NAME: identity.name,
      GIT_AUTHOR_EMAIL: identity.email,
      GIT_COMMITTER_NAME: identity.name,
      GIT_COMMITTER_EMAIL: identity.email,
    },
  });
}

function snapshotMessage(subject: SnapshotSubject, state: WorktreeState, told: Telling): string {
  const lines = [
    `Gt-Agent: ${subject.address}`,
    `Gt-Bead: ${subject.bead}`,
    `Gt-Seq: ${subject.assignment}`,
    `Gt-Branch: ${state.branch}`,
    `Gt-Head: ${state.head ?? ""}`,
    `Gt-Session: ${subject.session}`,
    `Gt-Reason: ${told.reason}`,
    `Gt-Hook-State: ${subject.hookState}`,
    ...(state.operation === "" ? [] : [`Gt-Operation: ${state.operation}`]),
    ...(told.note === "" ? [] : [`Gt-Note: ${told.note}`]),
    ...state.skipped.map((path) => `Gt-Skipped: ${path.replaceAll("\n", " ")}`),
    ...submoduleLines(state),
  ];
  return `snapshot ${subject.address} #${told.seq}: ${told.reason}\n\n${lines.join("\n")}`;
}

async function changedFiles(worktree: string, commit: string, head: string | undefined): Promise<number> {
  if (head === undefined) return 0;
  const output = await runGit(worktree, ["diff", "--name-only", "-z", head, commit, "--"]);
  return output.split("\0").filter((path) => path !== "").length;
}
