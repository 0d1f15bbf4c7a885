import { existsSync } from "node:fs";
import { join } from "node:path";
import { commitsBetween, isAncestor, mergeBase } from "../../core/git/ancestry.ts";
import { archiveBranch } from "../../core/git/archive.ts";
import { deleteBranch, moveRef, resolveCommit } from "../../core/git/branch.ts";
import { askGit, networkTimeoutMs, openGit, runGit } from "../../core/git/git.ts";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { pushWithLease } from "../../core/git/push.ts";
import { changedFiles } from "../../core/git/changed-files.ts";
import { isUnpublished, namedCommit, submodulesOf, updateSubmodules } from "../../core/git/submodules.ts";
import { detachWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import type { DoneData } from "./done-data.ts";
import { keepCommits } from "./keep-work.ts";
import { baseRevision, freshenOrigin, hasChanges, snapshotSubject } from "./polecat-worktree.ts";
import { overlayFiles } from "./overlay-files.ts";

/** What the git steps of a `gt done` work on. */
export interface DonePlace {
  readonly rig: Rig;
  readonly agent: Agent;
  readonly data: DoneData;
}

/**
 * Step `autosave`: what is not committed is kept as a snapshot and then committed, deletions excepted: those may be an
 * accident (spec/04 §5.3). `E_UNCOMMITTED` when deletions remain and the work is called completed.
 */
export async function autosave(access: TownAccess, place: DonePlace): Promise<readonly string[]> {
  const { agent, data } = place;
  const { worktree, bead } = data;
  await takeSnapshot(
    snapshotSubject(access, { worktree, place: `polecats/${agent.name}`, address: agent.address, agent }),
    "pre-done",
  );
  // It goes on in this very worktree, with what lies in it.
  if (data.exit === "PHASE_COMPLETE" || data.isDetached === true) return [];
  const message = `wip: auto-saved by gt done (${bead})`;
  const { kept, deleted } = await commitChanges(access, place, worktree, message);
  const warnings: string[] = [];
  if (kept > 0 && data.exit === "COMPLETED")
    warnings.push(`${kept} uncommitted files were committed for you; commit your work yourself`);
  if (deleted.length > 0 && data.exit === "COMPLETED")
    throw new GtError("E_UNCOMMITTED", `deleted but not committed: ${deleted.join(", ")}`, {
      why: ["commit the deletion (git rm) or restore the files (git restore)"],
      hint: `git rm -- ${deleted[0]}`,
      details: { files: deleted },
    });
  return warnings;
}

interface Changes {
  /** Number of files that were committed. */
  readonly kept: number;
  /** Files that are gone and whose deletion was not staged. */
  readonly deleted: readonly string[];
}

/** Commits a worktree's changes, inside its submodules first, so that the commit names what they have now. */
async function commitChanges(
  access: TownAccess,
  place: DonePlace,
  worktree: string,
  message: string,
): Promise<Changes> {
  let inside = 0;
  const deleted: string[] = [];
  const submodules = await submodulesOf(worktree);
  for (const { path, directory } of submodules) {
    const changes = await commitChanges(access, place, directory, message);
    inside += changes.kept;
    deleted.push(...changes.deleted.map((file) => `${path}/${file}`));
  }
  const changes = await changedFiles(worktree, overlayFiles(place.rig));
  // The second letter is the worktree's: a deletion that was staged is one that was meant.
  deleted.push(...changes.filter(({ code }) => code[1] === "D").map(({ path }) => path));
  const kept = changes.filter(({ code }) => code[1] !== "D").map(({ path }) => path);
  if (kept.length > 0) await commitPaths(access, place, worktree, kept, message);
  const isFile = (path: string): boolean => !submodules.some((submodule) => submodule.path === path);
  return { kept: inside + kept.filter(isFile).length, deleted };
}

async function commitPaths(
  access: TownAccess,
  { agent }: DonePlace,
  worktree: string,
  paths: readonly string[],
  message: string,
): Promise<void> {
  // A path whose staged deletion is all there is to it does not exist any more; git add would refuse it.
  const present = paths.filter((path) => existsSync(join(worktree, path)));
  if (present.length > 0)
    await openGit(worktree, {
      input: present.join("\0"),
      env: { GIT_LITERAL_PATHSPECS: "1" },
    }).raw(["add", "--pathspec-from-file=-", "--pathspec-file-nul"]);
  // A submodule in which nothing but deletions is left has nothing new to name.
  if ((await askGit(worktree, ["diff", "--cached", "--quiet"])).exitCode === 0) return;
  await commitIndex(access, agent, worktree, message);
}

/** Commits the index in the agent's name, whoever resumes its operation. The project's hooks are not run. */
export async function commitIndex(
  access: TownAccess,
  agent: Pick<Agent, "address">,
  worktree: string,
  message: string,
): Promise<void> {
  const email = access.town.overseer().email || "agent@localhost";
  await runGit(worktree, ["commit", "--quiet", "--no-verify", "-m", message], {
    env: {
      GIT_AUTHOR_NAME: agent.address,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: agent.address,
      GIT_COMMITTER_EMAIL: email,
    },
  });
}

/** Stages everything, deletions too: for work that a script did and that is meant as it is. */
export async function stageAll(worktree: string): Promise<void> {
  await runGit(worktree, ["add", "--all"]);
}

const ourFiles = /^(\.runtime\/|\.claude\/settings[^/]*\.json$|CLAUDE\.local\.md$|\.beads\/redirect$)/;

/** Step `scrub`: files that we put into the sandbox and that slipped into the branch leave it again. */
export async function scrub(access: TownAccess, { rig, agent, data }: DonePlace): Promise<void> {
  const base = await mergeBase(data.worktree, await baseRevision(rig, data.target), "HEAD");
  if (base === undefined) return;
  const added = await runGit(data.worktree, [
    "diff",
    "--name-only",
    "--diff-filter=A",
    "-z",
    base,
    "HEAD",
    "--",
  ]);
  const overlay = new Set(overlayFiles(rig));
  const ours = added.split("\0").filter((path) => ourFiles.test(path) || overlay.has(path));
  if (ours.length === 0) return;
  await openGit(data.worktree, { input: ours.join("\0"), env: { GIT_LITERAL_PATHSPECS: "1" } }).raw([
    "rm",
    "--quiet",
    "--cached",
    "--pathspec-from-file=-",
    "--pathspec-file-nul",
  ]);
  await commitIndex(access, agent, data.worktree, "chore: drop workspace overlay files");
}

export interface PushOutcome {
  readonly push: DoneData["push"];
  readonly head: string;
  readonly reason: string;
}

/** Step `push`: the branch's head is on the push remote, verified there, or it is said why not (spec/04 §5.3). */
export async function pushBranch({ rig, data }: DonePlace): Promise<PushOutcome> {
  const head = (await resolveCommit(data.worktree, "HEAD")) ?? "";
  if (rig.gitUrl === "") {
    // Without a remote the shared repository is where the queue reads the branch.
    const local = await resolveCommit(rig.repository, `refs/heads/${data.branch}`);
    return {
      push: local === head ? "skipped" : "failed",
      head,
      reason: "the branch is not in the shared repository",
    };
  }
  const refused = await pushSubmodules(data.worktree, data.branch);
  if (refused !== undefined) return { push: "failed", head, reason: refused };
  const before = await remoteHead(rig, data.branch).catch(() => undefined);
  if (before === head) return { push: "pushed", head, reason: "" };
  if (before !== undefined && (await isForeign(rig, data, before, head)))
    return {
      push: "failed",
      head,
      reason: `the remote's ${data.branch} has commits that were not made here; git pull --rebase origin ${data.branch}`,
    };
  const result = await pushWithLease(rig.repository, {
    remote: "origin",
    commit: head,
    branch: data.branch,
    expect: before,
  }).catch((error: unknown) => ({
    result: "unreachable" as const,
    reason: error instanceof Error ? error.message : String(error),
  }));
  const reason = "reason" in result ? result.reason : "";
  // Only the remote itself says whether it arrived.
  const after = await remoteHead(rig, data.branch).catch(() => undefined);
  return { push: after === head ? "pushed" : "failed", head, reason };
}

/** A review hands nothing in; what it has committed all the same is kept where nobody merges it (spec/04 §5.5). */
export async function keepUnexpected(
  { rig, agent, data }: DonePlace,
  head: string,
): Promise<readonly string[]> {
  const commits = await commitsBetween(rig.repository, await baseRevision(rig, data.target), head);
  if (commits.length === 0) return [];
  const ref = await archiveBranch(rig.repository, `polecats/${agent.name}`, data.branch, head);
  return [`a review hands in no commits: ${commits.length} of ${data.branch} are kept as ${ref}`];
}

/**
 * A worktree that stands on no branch may stand on commits that no branch has: they are kept beside those of the branch.
 * `head` is the branch's.
 */
export async function keepDetached({ rig, agent, data }: DonePlace): Promise<{
  readonly head: string;
  readonly warnings: readonly string[];
}> {
  const { worktree, branch, target } = data;
  const base = await baseRevision(rig, target);
  const head = (await resolveCommit(rig.repository, `refs/heads/${branch}`)) ?? "";
  return { head, warnings: await keepCommits(rig, agent, { worktree, branch, base }, async () => true) };
}

/**
 * What the commit names of its submodules goes to their own remotes first, as a branch of the same name: otherwise
 * nobody else could check it out. Returns why that failed.
 */
async function pushSubmodules(worktree: string, branch: string): Promise<string | undefined> {
  for (const submodule of await submodulesOf(worktree)) {
    const { path, directory } = submodule;
    const refused = await pushSubmodules(directory, branch);
    if (refused !== undefined) return `${path}/${refused}`;
    const commit = await namedCommit(worktree, "HEAD", submodule);
    if (commit === undefined || !(await isUnpublished(directory, [commit]))) continue;
    const result = await pushWithLease(directory, { remote: "origin", commit, branch, expect: "any" }).catch(
      (error: unknown) => ({ result: "unreachable" as const, reason: String(error) }),
    );
    if (result.result !== "pushed") return `${path}: ${result.reason}`;
  }
  return undefined;
}

/**
 * Whether a push would throw commits of somebody else away. What the branch stood on here once, before a rebase, is its
 * own.
 */
async function isForeign(rig: Rig, data: DoneData, remote: string, head: string): Promise<boolean> {
  if (!(await freshlyKnown(rig, remote))) return true;
  if (await isAncestor(rig.repository, remote, head)) return false;
  const log = ["log", "--walk-reflogs", "--format=%H", `refs/heads/${data.branch}`, "--"];
  const { stdout } = await askGit(rig.repository, log);
  return !stdout.split("\n").includes(remote);
}

async function remoteHead(rig: Rig, branch: string): Promise<string | undefined> {
  const output = await runGit(
    rig.repository,
    ["ls-remote", "--end-of-options", rig.pushUrl, `refs/heads/${branch}`],
    { timeoutMs: networkTimeoutMs },
  );
  return output === "" ? undefined : output.split("\t")[0];
}

export type DirectPush =
  | { readonly result: "pushed" }
  | { readonly result: "refused"; readonly reason: string };

/** Strategy `direct`: the head becomes the target, if that only moves it forward (spec/04 §5.5). */
export async function pushToTarget({ rig, data }: DonePlace, head: string): Promise<DirectPush> {
  if (rig.gitUrl === "") return moveTarget(rig, data.target, head);
  const target = await remoteHead(rig, data.target).catch(() => undefined);
  if (target === head) return { result: "pushed" };
  if (target !== undefined) {
    if (!(await freshlyKnown(rig, target)) || !(await isAncestor(rig.repository, target, head)))
      return { result: "refused", reason: `${data.target} has moved on` };
  }
  const pushed = await pushWithLease(rig.repository, {
    remote: "origin",
    commit: head,
    branch: data.target,
    expect: target,
    updateCheckout: rig.gitUrl.startsWith("/") || rig.gitUrl.startsWith("file:"),
  });
  return pushed.result === "pushed" ? pushed : { result: "refused", reason: pushed.reason };
}

/** The same in a rig without a remote, where the target is a branch of the shared repository. */
async function moveTarget(rig: Rig, target: string, head: string): Promise<DirectPush> {
  const ref = `refs/heads/${target}`;
  const now = await resolveCommit(rig.repository, ref);
  const isForward = now !== undefined && (await isAncestor(rig.repository, now, head));
  if (isForward && (await moveRef(rig.repository, ref, head, now))) return { result: "pushed" };
  return { result: "refused", reason: `${target} has moved on` };
}

/** The ancestry question needs the commit here. False when it cannot be had. */
async function freshlyKnown(rig: Rig, commit: string): Promise<boolean> {
  if ((await resolveCommit(rig.repository, commit)) !== undefined) return true;
  await askGit(rig.repository, ["fetch", "--quiet", "origin"], { timeoutMs: networkTimeoutMs });
  return (await resolveCommit(rig.repository, commit)) !== undefined;
}

/**
 * Step `sync`: the sandbox leaves its branch and stands detached at the default branch, ready for reuse. The local
 * branch goes when the remote has all of it. Left alone while something is not safe (spec/04 §5.3).
 */
export async function syncSandbox(access: TownAccess, { rig, data }: DonePlace): Promise<readonly string[]> {
  if (await hasChanges(rig, data.worktree)) return ["the sandbox has uncommitted changes and stays as it is"];
  try {
    const offline = await freshenOrigin(access, rig);
    await detachWorktree(data.worktree, await baseRevision(rig, rig.defaultBranch));
    const unfetched = await updateSubmodules(data.worktree);
    if (data.push === "pushed" && data.head !== "")
      await deleteBranch(rig.repository, data.branch, data.head);
    return [offline, unfetched].filter((warning) => warning !== undefined);
  } catch (error) {
    return [`the sandbox stays as it is: ${error instanceof Error ? error.message : String(error)}`];
  }
}
