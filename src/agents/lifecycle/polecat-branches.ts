import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { branchesLike, deleteBranch, resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { hasLanded } from "../../core/git/landed.ts";
import { mergeBase } from "../../core/git/ancestry.ts";
import { deleteRemoteBranch } from "../../core/git/push.ts";
import { branchesInUse } from "../../core/git/worktree.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { mergeRequest } from "../../core/merge/merge-request.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { baseRevision, freshenOrigin } from "./polecat-worktree.ts";

export interface BranchFate {
  readonly branch: string;
  readonly commit: string;
  /** Why it may go, or why it stays. */
  readonly fate: "landed" | "on the remote" | "no commits" | "in use" | "default branch" | "unmerged";
}

/** The branches that are looked at: local ones of such names, compared with a revision that holds what landed. */
export interface BranchScope {
  readonly repository: string;
  readonly base: string;
  /** Of their whole names, as for `branchesLike`, e.g. `polecat/*`. */
  readonly pattern: string;
}

const polecatPattern = "polecat/*";

/** The polecat branches of a rig. */
export async function polecatBranches(rig: Rig): Promise<BranchScope> {
  return {
    repository: rig.repository,
    base: await baseRevision(rig, rig.defaultBranch),
    pattern: polecatPattern,
  };
}

/** What may become of local branches (spec/04 §3.8, `gc`). Nothing is changed. */
export async function branchFates(scope: BranchScope): Promise<readonly BranchFate[]> {
  const { repository, pattern, base } = scope;
  const inUse = await branchesInUse(repository);
  const baseName = await runGit(repository, ["rev-parse", "--abbrev-ref", "--end-of-options", base]);
  const defaults = new Set([
    "main",
    "master",
    baseName
      .split("\n")
      .at(-1)
      ?.replace(/^origin\//, ""),
  ]);
  const fates: BranchFate[] = [];
  for (const { name, commit } of await branchesLike(repository, pattern)) {
    const stays = inUse.has(name) ? "in use" : defaults.has(name) ? "default branch" : undefined;
    fates.push({ branch: name, commit, fate: stays ?? (await fateOf(scope, name, commit)) });
  }
  return fates;
}

async function fateOf(
  { repository, base }: BranchScope,
  branch: string,
  commit: string,
): Promise<BranchFate["fate"]> {
  if ((await resolveCommit(repository, `refs/remotes/origin/${branch}`)) === commit) return "on the remote";
  const { ahead } = await aheadBehind(repository, base, commit);
  const fork = await mergeBase(repository, base, commit);
  if (ahead === 0) return "no commits";
  if (fork !== undefined && (await hasLanded(repository, { base: fork, head: commit, target: base })))
    return "landed";
  return "unmerged";
}

export interface CollectedBranches {
  readonly deleted: readonly BranchFate[];
  readonly kept: readonly BranchFate[];
  /** Why the remote could not be asked; then nothing is deleted. */
  readonly offline: string | undefined;
}

const goneFates: ReadonlySet<BranchFate["fate"]> = new Set(["landed", "on the remote", "no commits"]);

/**
 * Deletes the branches whose commits are safe elsewhere; a branch that moved meanwhile stays. Before the first one `freshen`
 * asks the remote: it may have forgotten, or put something else in the place of, what it once had.
 */
export async function collectBranches(
  scope: BranchScope,
  options: { readonly dryRun: boolean; readonly freshen: () => Promise<string | undefined> },
): Promise<CollectedBranches> {
  const known = await branchFates(scope);
  if (!known.some(({ fate }) => goneFates.has(fate))) return { deleted: [], kept: known, offline: undefined };
  const offline = await options.freshen();
  if (offline !== undefined) return { deleted: [], kept: known, offline };
  const deleted: BranchFate[] = [];
  const kept: BranchFate[] = [];
  for (const fate of await branchFates(scope)) {
    const isSafe = goneFates.has(fate.fate);
    if (isSafe && (options.dryRun || (await deleteBranch(scope.repository, fate.branch, fate.commit))))
      deleted.push(fate);
    else kept.push(fate);
  }
  return { deleted, kept, offline: undefined };
}

/** The same for the polecats of a rig (spec/04 §3.8, `gc`). */
export async function collectPolecatBranches(
  access: TownAccess,
  rig: Rig,
  { dryRun }: { readonly dryRun: boolean },
): Promise<CollectedBranches> {
  const freshen = async (): Promise<string | undefined> =>
    rig.gitUrl === "" ? undefined : freshenOrigin(access, rig, { freshForMs: 0 });
  return collectBranches(await polecatBranches(rig), { dryRun, freshen });
}

/**
 * Deletes remote branches whose commits are all in the base and which no merge request waits for; one that moved
 * meanwhile stays. Returns their names.
 */
export async function pruneRemoteBranches(
  ledger: Ledger,
  rig: Rig,
  options: { readonly dryRun: boolean },
): Promise<readonly string[]> {
  const { repository, base } = await polecatBranches(rig);
  const waiting = new Set(
    (await ledger.find({ type: "merge-request", status: ["open", "in_progress", "blocked"] })).map(
      (bead) => mergeRequest(bead).branch,
    ),
  );
  const merged = await runGit(repository, [
    "for-each-ref",
    `--merged=${base}`,
    "--format=%(objectname) %(refname)",
    "refs/remotes/origin/polecat/",
  ]);
  const pruned: string[] = [];
  for (const line of merged.split("\n").filter((text) => text !== "")) {
    const [commit = "", ref = ""] = line.split(" ");
    const branch = ref.slice("refs/remotes/origin/".length);
    if (waiting.has(branch)) continue;
    const { result } = options.dryRun
      ? { result: "pushed" }
      : await deleteRemoteBranch(repository, "origin", branch, commit);
    if (result === "pushed") pruned.push(branch);
  }
  return pruned;
}
