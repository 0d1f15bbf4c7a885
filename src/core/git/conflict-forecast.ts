import { runGit } from "./git.ts";
import { mergeTrees } from "./stack.ts";

/** Work that has not landed yet: a submitted branch, or what is in an agent's worktree. */
export interface PendingWork {
  /** What a person knows it by, e.g. a bead or an agent. */
  readonly name: string;
  readonly commit: string;
  /** Files changed in its worktree and not committed yet. */
  readonly uncommitted?: readonly string[];
}

export interface LikelyConflict {
  readonly names: readonly [string, string];
  readonly files: readonly string[];
  /** `certain`: their commits do not merge. `possible`: they touch the same files. */
  readonly likelihood: "certain" | "possible";
}

/**
 * Which pieces of pending work will get into each other's way, before any of it is merged. Only pairs that touch the same
 * files are merged, in the object database. Advice: nothing depends on it.
 */
export async function forecastConflicts(
  repository: string,
  base: string,
  pending: readonly PendingWork[],
): Promise<readonly LikelyConflict[]> {
  const touched = new Map<PendingWork, ReadonlySet<string>>();
  for (const work of pending) touched.set(work, await touchedFiles(repository, base, work));
  return conflictsAmong(repository, touched);
}

/** The same where it is known which files each piece of work touches. */
export async function conflictsAmong(
  repository: string,
  touched: ReadonlyMap<PendingWork, ReadonlySet<string>>,
): Promise<readonly LikelyConflict[]> {
  const pending = [...touched.keys()];
  const found: LikelyConflict[] = [];
  for (const [index, one] of pending.entries())
    for (const other of pending.slice(index + 1)) {
      const shared = [...(touched.get(one) ?? [])].filter((file) => touched.get(other)?.has(file));
      if (shared.length === 0) continue;
      const merged = await mergeTrees(repository, one.commit, other.commit);
      found.push(
        merged.clean
          ? { names: [one.name, other.name], files: shared, likelihood: "possible" }
          : { names: [one.name, other.name], files: merged.files, likelihood: "certain" },
      );
    }
  return found.toSorted((one, other) => weight(one) - weight(other));
}

/** Files that differ from where the work left the target, and those changed in its worktree. */
export async function touchedFiles(
  repository: string,
  base: string,
  work: PendingWork,
): Promise<ReadonlySet<string>> {
  const text = await runGit(repository, ["diff", "--name-only", "-z", `${base}...${work.commit}`, "--"]);
  return new Set([...text.split("\0").filter((file) => file !== ""), ...(work.uncommitted ?? [])]);
}

function weight(conflict: LikelyConflict): number {
  return conflict.likelihood === "certain" ? 0 : 1;
}
