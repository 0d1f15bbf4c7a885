import { collectBranches } from "../../../agents/lifecycle/polecat-branches.ts";
import { resolveCommit } from "../../../core/git/branch.ts";
import { fetchOrigin, inspectRepository } from "../../../core/git/repository.ts";
import { askGit, networkTimeoutMs } from "../../../core/git/git.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt prune-branches` (spec/04 §3.8): as `gt polecat gc`, for the repository of the current directory. */
export async function run({ flags, out, cwd }: CommandContext): Promise<void> {
  const pattern = flags.string("pattern") ?? "polecat/*";
  if (pattern === "")
    throw usageError("--pattern is like whole branch names, e.g. polecat/*", {
      hint: "gt help prune-branches",
    });
  const top = (await askGit(cwd, ["rev-parse", "--show-toplevel"])).stdout.trim();
  if (top === "" || (await inspectRepository(top)) === undefined)
    throw new GtError("E_NOT_FOUND", `${cwd} is in no git repository`, { hint: "gt polecat gc <rig>" });
  const base = await baseOf(top);
  const dryRun = flags.boolean("dry-run");
  const { deleted, kept, offline } = await collectBranches(
    { repository: top, base, pattern },
    { dryRun, freshen: () => freshen(top) },
  );
  if (offline !== undefined) out.warn(`${sanitiseLine(offline)}; nothing is deleted without asking it`);
  for (const { branch, fate } of deleted)
    out.line(`${dryRun ? "would delete" : "deleted"} ${branch} (${fate})`);
  for (const { branch, fate } of kept) out.line(`kept ${branch} (${fate})`);
  if (deleted.length + kept.length === 0) out.line(`no branches ${sanitiseLine(pattern)}`);
  out.document({ ok: true, deleted: deleted.map((each) => each.branch), kept });
}

/** Brings `origin/*` up to date, if there is an origin. Returns why it cannot be done. */
async function freshen(repository: string): Promise<string | undefined> {
  if ((await askGit(repository, ["remote", "get-url", "origin"])).exitCode !== 0) return undefined;
  return fetchOrigin(repository, { timeoutMs: networkTimeoutMs }).then(
    () => undefined,
    (error: unknown) => `cannot fetch origin: ${error instanceof Error ? error.message : String(error)}`,
  );
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
