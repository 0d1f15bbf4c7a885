import { branchExists, isBranchName, resolveCommit } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Rig } from "../../core/town/town.ts";
import { branchFates, polecatBranches } from "./polecat-branches.ts";

/** Commits of a rig that nobody is going to miss until it is too late (spec/04 §3.8). */
export interface Orphan {
  readonly commit: string;
  /** Milliseconds since the epoch. */
  readonly date: number;
  readonly author: string;
  readonly subject: string;
  /** The polecat branch that ends there and that no sandbox has; undefined for commits that no ref reaches. */
  readonly branch: string | undefined;
}

/** Commits that nothing reaches, and unmerged polecat branches without an owner; newest first. */
export async function findOrphans(rig: Rig, since: number): Promise<readonly Orphan[]> {
  const tips = new Map<string, string | undefined>();
  for (const { commit, branch, fate } of await branchFates(await polecatBranches(rig)))
    if (fate === "unmerged") tips.set(commit, branch);
  const { stdout } = await askGit(rig.repository, ["fsck", "--no-reflogs", "--no-progress"], {
    timeoutMs: 600_000,
  });
  for (const [, commit = ""] of stdout.matchAll(/^dangling commit ([0-9a-f]+)$/gm))
    if (!tips.has(commit)) tips.set(commit, undefined);
  if (tips.size === 0) return [];
  const log = await runGit(rig.repository, [
    "log",
    "--no-walk",
    "--format=%H%x1f%at%x1f%an%x1f%s",
    ...tips.keys(),
    "--",
  ]);
  return log
    .split("\n")
    .map((line) => line.split("\u001f"))
    .map(([commit = "", date = "", author = "", subject = ""]): Orphan => {
      return { commit, date: Number(date) * 1000, author, subject, branch: tips.get(commit) };
    })
    .filter(({ date, subject }) => date >= since && !isOurs(subject))
    .toSorted((one, other) => other.date - one.date);
}

/** Makes a branch of a commit that would be lost. `E_NOT_FOUND`, `E_EXISTS`. */
export async function recoverOrphan(rig: Rig, revision: string, wish: string | undefined): Promise<string> {
  const commit = /^[0-9a-f]{4,64}$/i.test(revision)
    ? await resolveCommit(rig.repository, revision)
    : undefined;
  if (commit === undefined)
    throw new GtError("E_NOT_FOUND", `rig ${rig.name} has no commit ${revision}`, {
      hint: `gt orphans --rig ${rig.name}`,
    });
  const branch = wish ?? `recovered/${commit.slice(0, 10)}`;
  if (!(await isBranchName(rig.repository, branch)))
    throw new GtError("E_USAGE", `"${branch}" cannot be the name of a branch`, { exitCode: 2 });
  if (await branchExists(rig.repository, branch))
    throw new GtError("E_EXISTS", `${rig.name} has a branch ${branch} already`, {
      hint: `gt orphans recover ${revision} --branch <name>`,
    });
  await runGit(rig.repository, ["branch", "--no-track", "--", branch, commit]);
  return branch;
}

/** What is left of snapshots that were dropped on purpose. */
const isOurs = (subject: string): boolean => /^(snapshot \S+ #\d+: |index of a snapshot$)/.test(subject);
