import { collectBranches } from "../../../agents/lifecycle/polecat-branches.ts";
import { resolveCommit } from "../../../core/git/branch.ts";
import { inspectRepository } from "../../../core/git/repository.ts";
import { askGit } from "../../../core/git/git.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt prune-branches` (spec/04 §3.8): as `gt polecat gc`, for the repository of the current directory. */
export async function run({ flags, out, cwd }: CommandContext): Promise<void> {
  const pattern = flags.string("pattern") ?? "polecat/*";
  if (!/^[^*]+\*?$/.test(pattern))
    throw usageError("--pattern is the beginning of branch names, e.g. polecat/*", {
      hint: "gt help prune-branches",
    });
  const top = (await askGit(cwd, ["rev-parse", "--show-toplevel"])).stdout.trim();
  if (top === "" || (await inspectRepository(top)) === undefined)
    throw new GtError("E_NOT_FOUND", `${cwd} is in no git repository`, { hint: "gt polecat gc <rig>" });
  const base = await baseOf(top);
  const dryRun = flags.boolean("dry-run");
  const { deleted, kept } = await collectBranches(
    { repository: top, base, beginning: pattern.replace(/\*$/, "") },
    { dryRun },
  );
  for (const { branch, fate } of deleted)
    out.line(`${dryRun ? "would delete" : "deleted"} ${branch} (${fate})`);
  for (const { branch, fate } of kept) out.line(`kept ${branch} (${fate})`);
  if (deleted.length + kept.length === 0) out.line(`no branches ${pattern}`);
  out.document({ ok: true, deleted: deleted.map((each) => each.branch), kept });
}

/** Where work lands: the remote's default branch, else the usual names. */
async function baseOf(repository: string): Promise<string> {
  for (const revision of [
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/heads/main",
    "refs/heads/master",
  ])
    if ((await resolveCommit(repository, revision)) !== undefined) return revision;
  throw new GtError("E_BASE_BRANCH", `${repository} has no default branch`, { hint: "git branch --all" });
}
