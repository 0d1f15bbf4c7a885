import { isAncestor } from "./ancestry.ts";
import { resolveCommit } from "./branch.ts";
import { runGit } from "./git.ts";

/**
 * Keeps the commits of a branch that is about to go, under `refs/gt/archive/` (spec/04 §3.7). What an earlier branch of
 * that name left there stays: then the ref gets a number. Returns the ref.
 */
export async function archiveBranch(
  repository: string,
  place: string,
  branch: string,
  commit: string,
): Promise<string> {
  const name = `refs/gt/archive/${place}/${branch}`;
  let ref = name;
  for (let number = 2; ; number++) {
    const kept = await resolveCommit(repository, ref);
    if (kept === undefined || (await isAncestor(repository, kept, commit))) break;
    ref = `${name}-${number}`;
  }
  await runGit(repository, ["update-ref", ref, commit]);
  return ref;
}

/** The archive refs of an agent's place, e.g. `polecats/nux`. */
export async function archivedRefs(repository: string, place: string): Promise<readonly string[]> {
  const refs = await runGit(repository, ["for-each-ref", "--format=%(refname)", `refs/gt/archive/${place}/`]);
  return refs.split("\n").filter((ref) => ref !== "");
}
