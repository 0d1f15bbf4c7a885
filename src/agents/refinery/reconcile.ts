import { isAncestor, mergeBase } from "../../core/git/ancestry.ts";
import { runGit } from "../../core/git/git.ts";
import { ancestorsAmong, existingCommits } from "../../core/git/stack.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";

/** How many commits of a target are searched for our trailers. */
const searched = 2000;

/**
 * Which of the requests are on the target already, and as which commit (spec/05 §2.2 step 3): by ancestry of the
 * submitted commit, by ancestry of a landing commit, or by our trailer on a commit that the branch did not start from.
 */
export async function findLanded(
  repository: string,
  target: string,
  requests: readonly MergeRequest[],
): Promise<ReadonlyMap<string, string>> {
  const landed = new Map<string, string>();
  if (requests.length === 0) return landed;
  const existing = await existingCommits(
    repository,
    requests.flatMap((mr) => [mr.landingSha, mr.commitSha]),
  );
  const onTarget = await ancestorsAmong(repository, existing, target);
  const byTrailer = await trailersOf(repository, target);
  for (const mr of requests) {
    if (onTarget.has(mr.landingSha)) landed.set(mr.id, mr.landingSha);
    else if (onTarget.has(mr.commitSha)) landed.set(mr.id, mr.commitSha);
    else {
      const head = existing.has(mr.commitSha) ? mr.commitSha : undefined;
      const commit = await namedLanding(repository, target, head, byTrailer.get(mr.id) ?? []);
      if (commit !== undefined) landed.set(mr.id, commit);
    }
  }
  return landed;
}

/** The newest commit with the request's trailer that its branch did not start from. */
async function namedLanding(
  repository: string,
  target: string,
  head: string | undefined,
  named: readonly string[],
): Promise<string | undefined> {
  if (named.length === 0) return undefined;
  const start = head === undefined ? undefined : await mergeBase(repository, target, head);
  // A rework begins on a target that may have an earlier landing of the same request: that one does not count.
  for (const commit of named)
    if (start === undefined || !(await isAncestor(repository, commit, start))) return commit;
  return undefined;
}

/** Commits of the target by the request that their trailer names, newest first. */
async function trailersOf(
  repository: string,
  target: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await runGit(repository, [
    "log",
    `--max-count=${searched}`,
    "--grep=^Gastown-MR: ",
    "--format=%H %(trailers:key=Gastown-MR,valueonly,separator=%x20)",
    target,
    "--",
  ]);
  const found = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [commit = "", ...ids] = line.trim().split(/\s+/);
    for (const id of ids) found.set(id, [...(found.get(id) ?? []), commit]);
  }
  return found;
}
