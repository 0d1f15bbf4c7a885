import { copyFile, mkdtemp, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { resolveCommit } from "./branch.ts";
import { askGit, openGit, runGit } from "./git.ts";

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
}

export interface HookSnapshot {
  readonly seq: number;
  readonly ref: string;
  readonly commit: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly reason: string;
  readonly bead: string;
  readonly assignment: number;
  readonly branch: string;
  readonly head: string;
  readonly session: string;
  /** What a person said about it; "" mostly. */
  readonly note: string;
}

export type SnapshotResult =
  | { readonly state: "taken"; readonly snapshot: HookSnapshot; readonly files: number }
  /** The newest snapshot holds the same files, index and HEAD. */
  | { readonly state: "unchanged"; readonly seq: number | undefined };

export interface SnapshotOptions {
  /** Untracked files above this are left out and named in the trailer `Gt-Skipped`. */
  readonly maxFileMb?: number;
  readonly timeoutMs?: number;
  /** What a person says about it, one line. */
  readonly note?: string;
}

const defaultMaxFileMb = 50;
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
  const head = await resolveCommit(worktree, "HEAD");
  const previous = (await listSnapshots(worktree, subject.place))[0];
  const { tree, indexTree, skipped } = await treesOf(worktree, head, options);
  const headTree = head === undefined ? undefined : await runGit(worktree, ["rev-parse", `${head}^{tree}`]);
  const keptIndex = indexTree !== undefined && indexTree !== headTree ? indexTree : undefined;
  if (previous !== undefined && (await holdsTheSame(worktree, previous, { tree, head, keptIndex })))
    return { state: "unchanged", seq: previous.seq };

  const parents = head === undefined ? [] : ["-p", head];
  if (keptIndex !== undefined && head !== undefined)
    parents.push("-p", await commitTree(worktree, subject, keptIndex, ["-p", head], "index of a snapshot"));
  const seq = (previous?.seq ?? 0) + 1;
  const branch = (await askGit(worktree, ["symbolic-ref", "--quiet", "--short", "HEAD"])).stdout.trim();
  const note = (options.note ?? "").replace(/\s+/g, " ").trim();
  const message = snapshotMessage(subject, { seq, reason, branch, head, skipped, note });
  const commit = await commitTree(worktree, subject, tree, parents, message);
  const ref = `refs/gt/hooks/${subject.place}/${String(seq).padStart(6, "0")}`;
  await runGit(worktree, ["update-ref", ref, commit, "0".repeat(40)]);
  const files = await changedFiles(worktree, commit, head);
  return {
    state: "taken",
    files,
    snapshot: {
      seq,
      ref,
      commit,
      time: Number(await runGit(worktree, ["show", "-s", "--format=%ct", commit])) * 1000,
      reason,
      bead: subject.bead,
      assignment: subject.assignment,
      branch,
      head: head ?? "",
      session: subject.session,
      note,
    },
  };
}

/** Tree of the files as they are now, untracked ones included: for comparing with a snapshot. Nothing is changed. */
export async function treeOfFiles(worktree: string): Promise<string> {
  return (await treesOf(worktree, await resolveCommit(worktree, "HEAD"), {})).tree;
}

interface Trees {
  readonly tree: string;
  /** Undefined for an index with unmerged entries, which has no tree; then the files alone are kept. */
  readonly indexTree: string | undefined;
  /** Files that are too large. */
  readonly skipped: readonly string[];
}

/** Files and index as trees, written with a copy of the index. */
async function treesOf(worktree: string, head: string | undefined, options: SnapshotOptions): Promise<Trees> {
  const scratch = await mkdtemp(join(tmpdir(), "gt-index-"));
  try {
    const index = join(scratch, "index");
    await copyIndex(worktree, index, head);
    const withIndex = {
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      env: { GIT_INDEX_FILE: index },
    };
    const staged = await askGit(worktree, ["write-tree"], withIndex);
    const skipped = await oversizedFiles(worktree, options.maxFileMb ?? defaultMaxFileMb);
    await openGit(worktree, withIndex).raw([
      "add",
      "--all",
      "--",
      ".",
      ...skipped.map((path) => `:(exclude,top,literal)${path}`),
    ]);
    return {
      tree: await runGit(worktree, ["write-tree"], withIndex),
      indexTree: staged.exitCode === 0 ? staged.stdout.trim() : undefined,
      skipped,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const unit = "\u001f";
const recordEnd = "\u001e";

/** Below which refs the snapshots of a place are. */
export function snapshotRefs(place: string): string {
  return `refs/gt/hooks/${place}`;
}

/** All snapshots of a place, newest first. `repository` may be the shared one or any worktree of it. */
export async function listSnapshots(repository: string, place: string): Promise<readonly HookSnapshot[]> {
  const fields = ["%(refname)", "%(objectname)", "%(committerdate:unix)", "%(contents:body)"];
  const output = await runGit(repository, [
    "for-each-ref",
    "--sort=-refname",
    `--format=${fields.join(unit)}${recordEnd}`,
    `${snapshotRefs(place)}/`,
  ]);
  return output.split(recordEnd).flatMap((record): HookSnapshot[] => {
    const [ref = "", commit = "", time = "", body = ""] = record.trimStart().split(unit);
    const seq = Number(/\/(\d+)$/.exec(ref)?.[1]);
    if (!Number.isInteger(seq)) return [];
    const trailer = (name: string): string => new RegExp(`^Gt-${name}: ?(.*)$`, "m").exec(body)?.[1] ?? "";
    return [
      {
        seq,
        ref,
        commit,
        time: Number(time) * 1000,
        reason: trailer("Reason"),
        bead: trailer("Bead"),
        assignment: Number(trailer("Seq")),
        branch: trailer("Branch"),
        head: trailer("Head"),
        session: trailer("Session"),
        note: trailer("Note"),
      },
    ];
  });
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

/** Keeps the commits of a branch that is about to go, under `refs/gt/archive/` (spec/04 §3.7). */
export async function archiveBranch(
  repository: string,
  place: string,
  branch: string,
  commit: string,
): Promise<string> {
  const ref = `refs/gt/archive/${place}/${branch}`;
  await runGit(repository, ["update-ref", ref, commit]);
  return ref;
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

async function oversizedFiles(worktree: string, maxFileMb: number): Promise<readonly string[]> {
  const output = await runGit(worktree, ["ls-files", "--others", "--exclude-standard", "-z"]);
  const limit = maxFileMb * 1024 * 1024;
  const sizes = await Promise.all(
    output
      .split("\0")
      .filter((path) => path !== "")
      .map(async (path) => ({
        path,
        size: await stat(join(worktree, path)).then(
          (found) => found.size,
          () => 0, // it vanished between the two looks
        ),
      })),
  );
  return sizes.filter(({ size }) => size > limit).map(({ path }) => path);
}

async function holdsTheSame(
  worktree: string,
  previous: HookSnapshot,
  now: { readonly tree: string; readonly head: string | undefined; readonly keptIndex: string | undefined },
): Promise<boolean> {
  const format = await runGit(worktree, ["show", "-s", "--format=%T %P", previous.commit]);
  const [tree, head, indexCommit] = format.split(" ");
  if (tree !== now.tree || (head ?? "") !== (now.head ?? "")) return false;
  if (indexCommit === undefined) return now.keptIndex === undefined;
  return (await runGit(worktree, ["rev-parse", `${indexCommit}^{tree}`])) === now.keptIndex;
}

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

function snapshotMessage(
  subject: SnapshotSubject,
  now: {
    readonly seq: number;
    readonly reason: string;
    readonly branch: string;
    readonly head: string | undefined;
    readonly skipped: readonly string[];
    readonly note: string;
  },
): string {
  const lines = [
    `Gt-Agent: ${subject.address}`,
    `Gt-Bead: ${subject.bead}`,
    `Gt-Seq: ${subject.assignment}`,
    `Gt-Branch: ${now.branch}`,
    `Gt-Head: ${now.head ?? ""}`,
    `Gt-Session: ${subject.session}`,
    `Gt-Reason: ${now.reason}`,
    `Gt-Hook-State: ${subject.hookState}`,
    ...(now.note === "" ? [] : [`Gt-Note: ${now.note}`]),
    ...now.skipped.map((path) => `Gt-Skipped: ${path.replaceAll("\n", " ")}`),
  ];
  return `snapshot ${subject.address} #${now.seq}: ${now.reason}\n\n${lines.join("\n")}`;
}

async function changedFiles(worktree: string, commit: string, head: string | undefined): Promise<number> {
  if (head === undefined) return 0;
  const output = await runGit(worktree, ["diff", "--name-only", "-z", head, commit, "--"]);
  return output.split("\0").filter((path) => path !== "").length;
}
