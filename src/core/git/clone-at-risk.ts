import { branches } from "./branch.ts";
import { runGit } from "./git.ts";
import {
  commitsOnlyHere,
  describeRisks,
  measureWorkAtRisk,
  type RiskOptions,
  type WorkAtRisk,
} from "./work-at-risk.ts";

/**
 * What deleting a whole clone would lose, in lines for a person: besides the work in its worktree all of its stashes, and
 * the branches that are not checked out. A branch is safe where any remote has its commits.
 */
export async function describeCloneRisks(clone: string, options: RiskOptions): Promise<readonly string[]> {
  const work = await measureWorkAtRisk(clone, options);
  if (work.unknown !== undefined) return describeRisks(work);
  try {
    return [
      ...describeRisks({ ...work, stashes: await stashCommits(clone) }),
      ...(await others(clone, work, options)),
    ];
  } catch (error) {
    return describeRisks({ ...work, unknown: error instanceof Error ? error.message : String(error) });
  }
}

/** The entries of the stash, newest first. Only the newest has a ref; of the others nothing is left without the reflog. */
export async function stashCommits(clone: string): Promise<readonly string[]> {
  const output = await runGit(clone, ["stash", "list", "--format=%H"]);
  return output.split("\n").filter((line) => line !== "");
}

async function others(clone: string, work: WorkAtRisk, { targets }: RiskOptions): Promise<readonly string[]> {
  const remotes = (await runGit(clone, ["for-each-ref", "--format=%(refname)", "refs/remotes/"]))
    .split("\n")
    .filter((ref) => ref !== "");
  const told = new Set(work.unpushed);
  const lost: string[] = [];
  for (const { name, commit } of await branches(clone)) {
    const held = await runGit(clone, ["rev-list", "--max-count=1", commit, "--not", "--remotes", "--"]);
    if (held === "") continue;
    const only = await commitsOnlyHere(clone, commit, [...targets, ...remotes]);
    if (only.some((each) => !told.has(each)))
      lost.push(`branch ${name} has ${only.length} unpushed ${only.length === 1 ? "commit" : "commits"}`);
  }
  return lost;
}
