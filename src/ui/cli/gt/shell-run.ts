import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { printDone } from "./done.ts";

/** `gt shell-run` (spec/03 §1.6): ends with the script's exit code. */
export async function run(context: CommandContext): Promise<number> {
  const [bead] = context.args;
  if (bead === undefined) throw usageError("which bead?");
  const { runShellBead } = await import("../../../agents/lifecycle/shell-run.ts");
  const access = await context.access();
  // A person may run it, too, in the polecat's worktree.
  const { sessionOfAddress } = await import("../../../agents/sessions/start-session.ts");
  const name = context.env["GT_SESSION"] || sessionOfAddress(access.town, access.actor);
  const result = await runShellBead(access, bead, { name });
  if (result.done !== undefined) printDone(context.out, result.done, access.actor);
  return result.code;
}
