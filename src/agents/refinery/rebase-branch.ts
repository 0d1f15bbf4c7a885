import { resolveCommit } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import { pushWithLease } from "../../core/git/push.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import { checkedOutBranches } from "./finalise.ts";
import { hasOrigin } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { checkOut, slotOf } from "./slot.ts";

/**
 * Rebases a conflicting branch on the target in slot 0, with the resolutions that git remembers (`on_conflict=auto_rebase`,
 * spec/05 §2.10). Returns the new head after it is pushed; undefined when that takes a mind. Only our own branches are
 * ever rewritten.
 */
export async function rebaseBranch(
  context: QueueContext,
  mr: MergeRequest,
  base: string,
): Promise<string | undefined> {
  if (!mr.branch.startsWith("polecat/")) return undefined;
  const { rig, settings } = context;
  if ((await checkedOutBranches(rig.repository)).has(mr.branch)) return undefined;
  const slot = slotOf(rig, 0);
  await checkOut(rig, slot, mr.commitSha, settings.gateClean);
  const rebased = await askGit(
    slot.directory,
    [
      "-c",
      "core.hooksPath=/dev/null",
      "-c",
      "rerere.enabled=true",
      "-c",
      "rerere.autoUpdate=true",
      "-c",
      "user.name=Gas Town Refinery",
      "-c",
      "user.email=refinery@localhost",
      "rebase",
      "--quiet",
      base,
    ],
    { timeoutMs: 10 * 60_000 },
  );
  if (rebased.exitCode !== 0) {
    await askGit(slot.directory, ["rebase", "--abort"]);
    return undefined;
  }
  const head = await runGit(slot.directory, ["rev-parse", "HEAD"]);
  const { repository } = rig;
  if (await hasOrigin(repository)) {
    const there = await resolveCommit(repository, `refs/remotes/origin/${mr.branch}`);
    if (there !== undefined && there !== mr.commitSha) return undefined;
    const pushed = await pushWithLease(repository, {
      remote: "origin",
      commit: head,
      branch: mr.branch,
      expect: there,
      env: { GT_REFINERY: "1" },
    });
    if (pushed.result !== "pushed") return undefined;
  }
  await askGit(repository, ["update-ref", `refs/heads/${mr.branch}`, head]);
  return head;
}
