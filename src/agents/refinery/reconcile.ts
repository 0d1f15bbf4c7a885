import { isAncestor, mergeBase } from "../../core/git/ancestry.ts";
import { resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
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
  const byTrailer = await trailersOf(repository, target);
  for (const mr of requests) {
    const commit = await landingOf(repository, target, mr, byTrailer.get(mr.id) ?? []);
    if (commit !== undefined) landed.set(mr.id, commit);
  }
  return landed;
}

async function landingOf(
  repository: string,
  target: string,
  mr: MergeRequest,
  named: readonly string[],
): Promise<string | undefined> {
  if (mr.landingSha !== "" && (await isKnownAncestor(repository, mr.landingSha, target)))
    return mr.landingSha;
  const head = mr.commitSha === "" ? undefined : await resolveCommit(repository, mr.commitSha);
  if (head !== undefined && (await isAncestor(repository, head, target))) return head;
  const start = head === undefined ? undefined : await mergeBase(repository, target, head);
  for (const commit of named) {
    // A rework begins on a target that may have an earlier landing of the same request: that one does not count.
    if (start !== undefined && (await isAncestor(repository, commit, start))) continue;
    return commit;
  }
  return undefined;
}

async function isKnownAncestor(repository: string, commit: string, target: string): Promise<boolean> {
  return (await resolveCommit(repository, commit)) !== undefined && isAncestor(repository, commit, target);
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
