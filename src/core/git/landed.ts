import { commitsBetween, isAncestor, mergeBase } from "./ancestry.ts";
import { openGit, runGit } from "./git.ts";

export interface LandedQuestion {
  /** The commit from which the branch started. */
  readonly base: string;
  readonly head: string;
  /** Where the work should have arrived, e.g. `origin/main`. */
  readonly target: string;
}

/**
 * Whether the work of a branch is in the target (spec/04 §3.7): it has commits of its own, and each is there by
 * ancestry or by patch id, or all of them together are there as one squashed commit. A branch without own commits has
 * not landed: otherwise a crash before the first commit would close unfinished work.
 */
export async function hasLanded(
  repository: string,
  { base, head, target }: LandedQuestion,
): Promise<boolean> {
  const own = await commitsBetween(repository, base, head);
  if (own.length === 0) return false;
  return (await unlandedCommits(repository, { base, head, target })).length === 0;
}

/** The branch's own commits that the target does not have in any form, oldest first. */
export async function unlandedCommits(
  repository: string,
  { base, head, target }: LandedQuestion,
): Promise<readonly string[]> {
  if (await isAncestor(repository, head, target)) return [];
  const output = await runGit(repository, ["cherry", target, head, base]);
  const missing = output
    .split("\n")
    .filter((line) => line.startsWith("+ "))
    .map((line) => line.slice(2));
  if (missing.length === 0) return [];
  return (await isSquashed(repository, { base, head, target })) ? [] : missing;
}

/** A single commit of the target makes exactly the change that all commits of the branch make together. */
async function isSquashed(repository: string, { base, head, target }: LandedQuestion): Promise<boolean> {
  const start = (await mergeBase(repository, head, target)) ?? base;
  const wanted = await patchIds(
    repository,
    await runGit(repository, ["diff", "--full-index", "--binary", start, head, "--"]),
  );
  const [whole] = wanted;
  if (whole === undefined) return true;
  const log = await runGit(repository, [
    "log",
    "--no-merges",
    "--format=commit %H",
    "--patch",
    "--full-index",
    "--binary",
    `${start}..${target}`,
    "--",
  ]);
  return (await patchIds(repository, log)).includes(whole);
}

/** Ids of the patches in a text: equal for equal changes, wherever in the file they are made. */
async function patchIds(repository: string, patches: string): Promise<readonly string[]> {
  if (patches.trim() === "") return [];
  const output = await openGit(repository, { input: `${patches}\n` }).raw(["patch-id", "--stable"]);
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.slice(0, line.indexOf(" ")));
}
