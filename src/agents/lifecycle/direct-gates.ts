import { GtError } from "../../core/gt-error.ts";
import { queueContext } from "../refinery/queue-context.ts";
import { verifyTree } from "../refinery/verify-tree.ts";
import type { TownAccess } from "../town-access.ts";
import type { DirectPush, DonePlace } from "./done-git.ts";

/**
 * With `merge_queue.direct_gates` work of strategy `direct` reaches its target only if the rig's gates pass on it, and
 * goes through the merge queue otherwise (spec/05 §3.1). Undefined: nothing is against it.
 */
export async function refusedByGates(
  access: TownAccess,
  { rig, data }: DonePlace,
): Promise<DirectPush | undefined> {
  const context = queueContext(access, rig);
  if (!context.settings.directGates || context.settings.gates.length === 0) return undefined;
  try {
    const { signal } = new AbortController();
    const { verdict, results } = await verifyTree(context, data.worktree, data.target, signal);
    if (verdict === "green") return undefined;
    const bad = results.filter((each) => each.verdict !== "green" && !each.optional);
    const why = bad.map((each) => `${each.gate} (${each.why})`).join(", ");
    return { result: "refused", reason: `the gates do not pass: ${why}` };
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    return { result: "refused", reason: error.message };
  }
}
