import { askGit, GitFailure, runGit } from "./git.ts";

/** True when `ancestor` is reachable from `descendant`, equality included. Throws when either is unknown. */
export async function isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean> {
  const answer = await askGit(repository, ["merge-base", "--is-ancestor", ancestor, descendant]);
  if (answer.exitCode <= 1) return answer.exitCode === 0;
  throw new GitFailure(answer.exitCode, answer.stdout, answer.stderr, repository);
}

/** Best common ancestor; undefined for unrelated histories. */
export async function mergeBase(repository: string, one: string, other: string): Promise<string | undefined> {
  const { exitCode, stdout } = await askGit(repository, ["merge-base", one, other]);
  return exitCode === 0 ? stdout.trim() : undefined;
}

/** Commits of `head` that `base` does not have, newest first. */
export async function commitsBetween(
  repository: string,
  base: string,
  head: string,
): Promise<readonly string[]> {
  const output = await runGit(repository, ["rev-list", `${base}..${head}`, "--"]);
  return output.split("\n").filter((commit) => commit !== "");
}
