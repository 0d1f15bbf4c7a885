import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { currentBranch, resolveCommit } from "../../core/git/branch.ts";
import { archiveBranch, archivedRefs } from "../../core/git/archive.ts";
import { pushWithLease } from "../../core/git/push.ts";
import { unkeptFiles } from "../../core/git/unkept-files.ts";
import { commitsOnlyHere } from "../../core/git/work-at-risk.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { parseBranchName } from "./branch-name.ts";
import { moveAcross } from "./lost-and-found.ts";

type Worker = Pick<Agent, "name" | "branch" | "baseBranch" | "hookSeq">;

/**
 * Whether a branch is the polecat's own, to be pushed and deleted for it. Whatever else it has checked out is not: pushed,
 * a commit on the default branch would have landed without a review.
 */
export function isOwnBranch(rig: Rig, agent: Pick<Agent, "name" | "branch">, branch: string): boolean {
  if (branch === "" || branch === rig.defaultBranch) return false;
  return branch === agent.branch || parseBranchName(branch)?.polecat === agent.name;
}

/**
 * Pushes the branch that the worktree is on, if it is the agent's own, so that its commits exist twice; the local branch
 * stays either way.
 */
export async function pushBestEffort(
  rig: Rig,
  agent: Pick<Agent, "name" | "branch">,
  worktree: string,
): Promise<boolean> {
  const branch = await currentBranch(worktree);
  const commit = await resolveCommit(worktree, "HEAD");
  if (branch === undefined || commit === undefined || !isOwnBranch(rig, agent, branch)) return false;
  return pushCommit(rig, branch, commit);
}

/** What of a sandbox may hold commits of its own. */
export interface SandboxTips {
  /** Undefined when it cannot be read. */
  readonly worktree: string | undefined;
  /** The branch of the assignment, or what is checked out; "" for none. */
  readonly branch: string;
  /** Revision of the branch where work lands. */
  readonly base: string;
}

/** Whether what git knows of origin is true now. It is asked only for commits that nothing else has. */
export type AskOrigin = () => Promise<boolean>;

/**
 * Sees to it that the commits of a sandbox are somewhere else, too: its branch is pushed if it is the agent's own, and what
 * then still is only here gets an archive ref (spec/04 §3.7 rule 2).
 * Returns what a person should know.
 */
export async function keepCommits(
  rig: Rig,
  agent: Worker,
  { worktree, branch, base }: SandboxTips,
  askOrigin: AskOrigin,
): Promise<readonly string[]> {
  const ofBranch = await resolveCommit(rig.repository, `refs/heads/${branch}`);
  const head = worktree === undefined ? undefined : await resolveCommit(worktree, "HEAD");
  const tips: [string, string][] = [];
  if (ofBranch !== undefined) tips.push([branch, ofBranch]);
  // Detached, as in the middle of a rebase, the worktree stands on commits that no branch has.
  if (head !== undefined && head !== ofBranch) tips.push([`detached-${agent.hookSeq}`, head]);
  const told: string[] = [];
  for (const [name, commit] of tips) {
    const isOnlyHere = async (isOriginKnown: boolean): Promise<boolean> => {
      const places = await placesOf(rig, agent, { branch: name, base, isOriginKnown });
      return (await commitsOnlyHere(rig.repository, commit, places)).length > 0;
    };
    if (!(await isOnlyHere(false)) || ((await askOrigin()) && !(await isOnlyHere(true)))) continue;
    if (isOwnBranch(rig, agent, name) && (await pushCommit(rig, name, commit))) continue;
    const ref = await archiveBranch(rig.repository, `polecats/${agent.name}`, name, commit);
    told.push(`${name} could not be pushed; its commits are kept as ${ref} (an archive ref of ${rig.name})`);
  }
  return told;
}

/** Revisions in which commits of the branch are safe. */
export async function placesOf(
  rig: Rig,
  agent: Pick<Agent, "name" | "baseBranch">,
  { branch, base, isOriginKnown }: Omit<SandboxTips, "worktree"> & { readonly isOriginKnown: boolean },
): Promise<readonly string[]> {
  return [
    ...(isOriginKnown ? [`refs/remotes/origin/${branch}`] : []),
    ...(agent.baseBranch === "" ? [] : [`refs/remotes/origin/${agent.baseBranch}`]),
    base,
    ...(await archivedRefs(rig.repository, `polecats/${agent.name}`)),
  ];
}

/** Untracked files above this are in no snapshot, in mebibytes. */
export const maxFileMb = ({ town }: Pick<TownAccess, "town">): number =>
  numberSetting(town.settings(), "operational.snapshot.max_file_mb");

/**
 * Moves what a snapshot of the worktree does not have, such as files that are too large and repositories cloned into it,
 * to `lost+found`. Returns where it is now; undefined when there is no such thing.
 */
export async function putUnkeptAside(
  access: Pick<TownAccess, "town" | "clock">,
  worktree: string,
  label: string,
): Promise<string | undefined> {
  const paths = await unkeptFiles(worktree, maxFileMb(access));
  if (paths.length === 0) return undefined;
  const place = placeAside(access, label);
  for (const path of paths) moveInto(place, worktree, path);
  return place;
}

/** Directory of `lost+found` for files of a sandbox; not made yet. */
export function placeAside(access: Pick<TownAccess, "town" | "clock">, label: string): string {
  return join(access.town.paths.lostAndFound, `${label}-${access.clock.now()}-files`);
}

/** Moves a file or directory to the same path below `place`. */
export function moveInto(place: string, worktree: string, path: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  moveAcross(join(worktree, path), join(place, path));
}

async function pushCommit(rig: Rig, branch: string, commit: string): Promise<boolean> {
  const { result } = await pushWithLease(rig.repository, {
    remote: "origin",
    commit,
    branch,
    expect: "any",
  }).catch(() => ({ result: "unreachable" as const }));
  return result === "pushed";
}
