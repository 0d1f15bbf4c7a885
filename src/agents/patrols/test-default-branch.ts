import { join } from "node:path";
import { resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { addWorktree, removeWorktree } from "../../core/git/worktree.ts";
import { raising } from "../../core/escalation/raise.ts";
import type { Rig } from "../../core/town/town.ts";
import { baseRevision, freshenOrigin } from "../lifecycle/polecat-worktree.ts";
import { gateDirectory } from "../refinery/gate-directory.ts";
import { queueContext } from "../refinery/queue-context.ts";
import { isKnownGreen, rememberGreen } from "../refinery/verdict-store.ts";
import type { TownAccess } from "../town-access.ts";

export type BranchTest =
  /** Nothing was run: no gates, or this very commit was judged before. */
  | { readonly verdict: "known"; readonly commit: string }
  | { readonly verdict: "green" | "red" | "error"; readonly commit: string; readonly why: string };

export interface BranchTestOptions {
  /** Commit that was judged the last time. */
  readonly lastCommit?: string;
  /** Asks the remote first: somebody may have pushed past the queue. */
  readonly mustFetch: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs the rig's gates on its default branch as it is (spec/04 §8.3 D21). A red one becomes a bead and an escalation, once
 * for each commit; one that could not be judged says nothing.
 */
export async function testDefaultBranch(
  access: TownAccess,
  rig: Rig,
  options: BranchTestOptions,
): Promise<BranchTest> {
  if (options.mustFetch) await freshenOrigin(access, rig);
  const commit = (await resolveCommit(rig.repository, await baseRevision(rig, rig.defaultBranch))) ?? "";
  const context = queueContext(access, rig);
  if (commit === "" || commit === options.lastCommit || context.settings.gates.length === 0)
    return { verdict: "known", commit };
  const tree = await runGit(rig.repository, ["rev-parse", "--verify", `${commit}^{tree}`]);
  if (await isKnownGreen(context, tree)) return { verdict: "known", commit };
  const directory = join(rig.runtime, "default-branch");
  await removeWorktree(rig.repository, directory);
  await addWorktree(rig.repository, directory, { start: commit });
  try {
    const run = await gateDirectory(context, {
      directory,
      tip: commit,
      base: commit,
      target: rig.defaultBranch,
      name: `default-${commit.slice(0, 12)}`,
      signal: options.signal,
    });
    const failed = run.results.filter((each) => each.verdict === "red" || each.verdict === "error");
    const why = failed.map((each) => `${each.gate}: ${each.why}`.trim()).join("; ");
    if (run.verdict === "green")
      await access.ledger.write(access.actor, [rememberGreen(context, tree, "default branch")]);
    if (run.verdict === "red") await tell(access, rig, commit, [why, ...failed.flatMap((each) => each.tail)]);
    return {
      verdict: run.verdict === "green" ? "green" : run.verdict === "red" ? "red" : "error",
      commit,
      why,
    };
  } finally {
    await removeWorktree(rig.repository, directory);
  }
}

async function tell(access: TownAccess, rig: Rig, commit: string, lines: readonly string[]): Promise<void> {
  const short = commit.slice(0, 12);
  const title = `${rig.defaultBranch} of ${rig.name} fails its gates at ${short}`;
  const label = `gt:red-at-${short}`;
  if ((await access.ledger.find({ scope: rig.name, labels: [label], limit: 1 })).length > 0) return;
  const raised = await raising(access, {
    title,
    reason: lines.slice(0, 40).join("\n"),
    severity: "high",
    by: access.actor,
    source: `main_branch_test:${rig.name}:${short}`,
    same: "source",
    event: { rig: rig.name, target: rig.defaultBranch },
    eventSource: "daemon",
  });
  await access.ledger.write(access.actor, [
    {
      op: "create",
      bead: {
        title,
        description: lines.join("\n"),
        scope: rig.name,
        type: "bug",
        priority: 1,
        labels: ["gt:default-branch-red", label],
      },
    },
    ...raised.operations,
  ]);
}
