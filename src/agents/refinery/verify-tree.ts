import { isAncestor } from "../../core/git/ancestry.ts";
import { resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { GtError } from "../../core/gt-error.ts";
import { gateDirectory } from "./gate-directory.ts";
import { hasOrigin } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import type { GateRun } from "./run-gates.ts";
import { rememberVerified } from "./verdict-store.ts";

export interface Verification extends GateRun {
  readonly head: string;
  readonly base: string;
  readonly target: string;
}

/**
 * Runs the rig's gates in a worker's own worktree and stores the verdict for its tree, so that the queue need not run
 * them again (spec/05 §3.5). The worktree must be clean and stand on the target. `E_UNCOMMITTED`, `E_BEHIND`.
 */
export async function verifyTree(
  context: QueueContext,
  worktree: string,
  target: string,
  signal: AbortSignal,
): Promise<Verification> {
  const { rig, access } = context;
  const remote = await hasOrigin(rig.repository);
  if (remote) await fetchOrigin(rig.repository, { timeoutMs: 120_000 });
  const head = await runGit(worktree, ["rev-parse", "--verify", "HEAD^{commit}"]);
  const dirty = await runGit(worktree, ["status", "--porcelain", "--untracked-files=normal"]);
  if (dirty !== "")
    throw new GtError(
      "E_UNCOMMITTED",
      "there are uncommitted changes, so the verdict would be about something else",
      {
        why: dirty.split("\n").slice(0, 5),
        hint: "git commit, then gt mq verify",
      },
    );
  const base = await resolveCommit(
    rig.repository,
    remote ? `refs/remotes/origin/${target}` : `refs/heads/${target}`,
  );
  if (base === undefined || !(await isAncestor(rig.repository, base, head)))
    throw new GtError("E_BEHIND", `HEAD does not contain ${target} as it is now`, {
      hint: `git rebase origin/${target}`,
    });
  const tree = await runGit(worktree, ["rev-parse", "--verify", "HEAD^{tree}"]);
  const run = await gateDirectory(context, {
    directory: worktree,
    tip: head,
    base,
    target,
    name: `verify-${head.slice(0, 12)}`,
    signal,
  });
  // A gate may have changed files: then it has judged another tree than the one that was committed.
  const after = await runGit(worktree, ["status", "--porcelain", "--untracked-files=no"]);
  if (run.verdict === "green" && after === "")
    await access.ledger.write(access.actor, [rememberVerified(context, tree)]);
  return { ...run, head, base, target };
}
