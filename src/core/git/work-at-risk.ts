import { mergeBase } from "./ancestry.ts";
import { currentBranch, resolveCommit } from "./branch.ts";
import { type ChangedFile, changedFiles } from "./changed-files.ts";
import { runGit } from "./git.ts";
import { hiddenFiles } from "./hidden-files.ts";
import { unlandedCommits } from "./landed.ts";
import { type GitOperation, operationOf } from "./operation.ts";
import { submodulesOf } from "./submodules.ts";

/** What removing or resetting a worktree would lose (spec/04 §3.7). Measured, never remembered. */
export interface WorkAtRisk {
  readonly uncommitted: readonly ChangedFile[];
  /** Stash entries made on this worktree's branch. */
  readonly stashes: readonly string[];
  /** Commits that are neither on the remote's branch nor, in any form, in a branch where work lands. */
  readonly unpushed: readonly string[];
  readonly operation: GitOperation | undefined;
  /** Why something could not be determined; then it counts as at risk. */
  readonly unknown: string | undefined;
}

export interface RiskOptions {
  /** Branches in which work lands, e.g. `origin/main` and the assignment's base. Unknown ones are ignored. */
  readonly targets: readonly string[];
  /** Files that the program itself puts into the worktree root, besides the usual ones. */
  readonly ownFiles?: readonly string[];
}

export async function measureWorkAtRisk(worktree: string, options: RiskOptions): Promise<WorkAtRisk> {
  try {
    const [uncommitted, hidden, stashes, unpushed, inside] = await Promise.all([
      changedFiles(worktree, options.ownFiles),
      hiddenChanges(worktree),
      stashesOf(worktree),
      unpushedCommits(worktree, options.targets),
      submoduleRisks(worktree),
    ]);
    return {
      uncommitted: [...uncommitted, ...hidden, ...inside.flatMap((risk) => risk.uncommitted)],
      stashes: [...stashes, ...inside.flatMap((risk) => risk.stashes)],
      unpushed: [...unpushed, ...inside.flatMap((risk) => risk.unpushed)],
      operation: operationOf(worktree) ?? inside.find((risk) => risk.operation !== undefined)?.operation,
      unknown: undefined,
    };
  } catch (error) {
    return {
      uncommitted: [],
      stashes: [],
      unpushed: [],
      operation: undefined,
      unknown: (error as Error).message,
    };
  }
}

/** Changes that `git status` was told to be silent about. */
async function hiddenChanges(worktree: string): Promise<readonly ChangedFile[]> {
  const changed: ChangedFile[] = [];
  for (const path of await hiddenFiles(worktree)) {
    const known = await runGit(worktree, ["rev-parse", "--end-of-options", `:0:${path}`]);
    if (known.split("\n").at(-1) !== (await runGit(worktree, ["hash-object", "--", path])))
      changed.push({ path, code: " M" });
  }
  return changed;
}

type Risk = Omit<WorkAtRisk, "unknown">;

/** The same for what is checked out inside; there a commit is safe when any remote has it. */
async function submoduleRisks(worktree: string): Promise<readonly Risk[]> {
  const risks: Risk[] = [];
  for (const { path, directory } of await submodulesOf(worktree)) {
    const inside = (file: ChangedFile): ChangedFile => ({ ...file, path: `${path}/${file.path}` });
    const unpushed = await runGit(directory, ["rev-list", "HEAD", "--not", "--remotes", "--"]);
    const stashes = await runGit(directory, ["stash", "list", "--format=%gs"]);
    risks.push({
      uncommitted: (await changedFiles(directory)).map(inside),
      stashes: lines(stashes),
      unpushed: lines(unpushed),
      operation: operationOf(directory),
    });
    for (const risk of await submoduleRisks(directory))
      risks.push({ ...risk, uncommitted: risk.uncommitted.map(inside) });
  }
  return risks;
}

const lines = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

export function isAtRisk(work: WorkAtRisk): boolean {
  return describeRisks(work).length > 0;
}

/** One line for each reason, for errors and `check-recovery`. */
export function describeRisks(work: WorkAtRisk): readonly string[] {
  const { uncommitted, stashes, unpushed, operation, unknown } = work;
  const some = (paths: readonly string[]) =>
    paths.length > 3 ? `${paths.slice(0, 3).join(", ")}, ...` : paths.join(", ");
  return [
    ...(uncommitted.length > 0
      ? [`${count(uncommitted.length, "uncommitted file")}: ${some(uncommitted.map((file) => file.path))}`]
      : []),
    ...(stashes.length > 0 ? [count(stashes.length, "stash", "stashes")] : []),
    ...(unpushed.length > 0 ? [count(unpushed.length, "unpushed commit")] : []),
    ...(operation ? [`a ${operation} is in progress`] : []),
    ...(unknown === undefined ? [] : [`the state of the worktree is unknown: ${unknown}`]),
  ];
}

async function stashesOf(worktree: string): Promise<readonly string[]> {
  // All worktrees of a repository share one stash; an entry names the branch it was made on.
  const branch = (await currentBranch(worktree)) ?? "(no branch)";
  const output = await runGit(worktree, ["stash", "list", "--format=%gs"]);
  return output
    .split("\n")
    .filter((line) => line.startsWith(`WIP on ${branch}:`) || line.startsWith(`On ${branch}:`));
}

async function unpushedCommits(worktree: string, targets: readonly string[]): Promise<readonly string[]> {
  const branch = await currentBranch(worktree);
  return commitsOnlyHere(worktree, "HEAD", [
    ...(branch ? [`refs/remotes/origin/${branch}`] : []),
    ...targets,
  ]);
}

/**
 * The commits of a tip that none of the given revisions has in any form: by ancestry, by patch id, or squashed. Revisions
 * that are not there count for nothing.
 */
export async function commitsOnlyHere(
  repository: string,
  tip: string,
  elsewhere: readonly string[],
): Promise<readonly string[]> {
  const known: string[] = [];
  for (const candidate of elsewhere)
    if ((await resolveCommit(repository, candidate)) !== undefined) known.push(candidate);
  const output = await runGit(repository, ["rev-list", tip, "--not", ...known, "--"]);
  let missing = lines(output);
  for (const target of known) {
    if (missing.length === 0) return [];
    const base = await mergeBase(repository, target, tip);
    if (base === undefined) continue;
    const unlanded = new Set(await unlandedCommits(repository, { base, head: tip, target }));
    missing = missing.filter((commit) => unlanded.has(commit));
  }
  return missing;
}

function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
