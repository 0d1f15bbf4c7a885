import { askGit, runGit } from "./git.ts";
import { readRefs } from "./read-refs.ts";

/** Full names of what points to commits and nothing else; no operators (`^`, `~`, `@{`, `..`), which only git understands. */
const commitRef = /^(?:HEAD|refs\/(?:heads|remotes)\/(?!.*(?:@\{|\.\.))[^\s~^:?*[\\]+)$/;
const commitId = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The commit that a revision means; undefined when it means none. Asks no git for the full name of a branch. */
export async function resolveCommit(repository: string, revision: string): Promise<string | undefined> {
  const refs = commitRef.test(revision) ? readRefs(repository) : undefined;
  if (refs !== undefined) {
    const commit = revision === "HEAD" ? refs.head() : refs.commit(revision);
    if (commit === undefined || commitId.test(commit)) return commit;
  }
  const { exitCode, stdout } = await askGit(repository, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${revision}^{commit}`,
  ]);
  return exitCode === 0 ? stdout.trim() : undefined;
}

export async function branchExists(repository: string, branch: string): Promise<boolean> {
  return (await resolveCommit(repository, `refs/heads/${branch}`)) !== undefined;
}

/** True for a name that git takes for a branch and that cannot be mistaken for an option. */
export async function isBranchName(repository: string, name: string): Promise<boolean> {
  if (name.startsWith("-") || name === "") return false;
  return (await askGit(repository, ["check-ref-format", `refs/heads/${name}`])).exitCode === 0;
}

/** Name of the checked-out branch; undefined on a detached HEAD. */
export async function currentBranch(worktree: string): Promise<string | undefined> {
  const refs = readRefs(worktree);
  if (refs !== undefined) return refs.branch();
  // The short name of a branch is another one when a tag has the same name.
  const { exitCode, stdout } = await askGit(worktree, ["symbolic-ref", "--quiet", "HEAD"]);
  const [, name] = /^refs\/heads\/(.+)$/.exec(stdout.trim()) ?? [];
  return exitCode === 0 ? name : undefined;
}

/**
 * Deletes a local branch if it still points at `expected`, so that commits which arrived meanwhile are kept. True when
 * it is gone, also when it had been gone before.
 */
export async function deleteBranch(repository: string, branch: string, expected: string): Promise<boolean> {
  const ref = `refs/heads/${branch}`;
  const { exitCode } = await askGit(repository, ["update-ref", "-d", ref, expected]);
  return exitCode === 0 || (await resolveCommit(repository, ref)) === undefined;
}

/** Moves or makes a ref, if it is where the caller believes it to be; `from` undefined: it must not exist. */
export async function moveRef(
  repository: string,
  ref: string,
  to: string,
  from: string | undefined,
): Promise<boolean> {
  const { exitCode } = await askGit(repository, [
    "update-ref",
    "--create-reflog",
    ref,
    to,
    from ?? "0000000000000000000000000000000000000000",
  ]);
  return exitCode === 0;
}

const branchFormat = "--format=%(objectname) %(refname)";

/** Local branches with the given beginning, e.g. `polecat/`, with their commits. */
export async function branches(repository: string, beginning = ""): Promise<readonly LocalBranch[]> {
  return readBranches(await runGit(repository, ["for-each-ref", branchFormat, `refs/heads/${beginning}`]));
}

/** Local branches whose whole name is like the pattern of `*`, `?` and `[...]`, which match slashes as well. */
export async function branchesLike(repository: string, pattern: string): Promise<readonly LocalBranch[]> {
  return readBranches(await runGit(repository, ["branch", "--list", branchFormat, "--", pattern]));
}

export interface LocalBranch {
  readonly name: string;
  readonly commit: string;
}

/** A detached HEAD is listed among them and is none. */
function readBranches(output: string): readonly LocalBranch[] {
  return [...output.matchAll(/^([0-9a-f]+) refs\/heads\/(.+)$/gm)].map(([, commit = "", name = ""]) => ({
    name,
    commit,
  }));
}
