import { listCrossWorktrees } from "../../../agents/lifecycle/cross-worktree.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt worktree list` (spec/04 §4): a crew member's own, for everybody else those of all. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const caller = parseAddress(access.actor);
  const worktrees = await listCrossWorktrees(access, caller?.role === "crew" ? caller : undefined);
  out.document(worktrees);
  if (worktrees.length === 0) out.line("no worktrees in other rigs");
  else
    out.table(
      ["RIG", "BRANCH", "PATH"],
      worktrees.map(({ rig, branch, path }) => [rig, branch, path]),
    );
}
