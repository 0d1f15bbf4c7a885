import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { printDone } from "./done.ts";

/** `gt shell-run` (spec/03 §1.6): ends with the script's exit code. */
export async function run(context: CommandContext): Promise<number> {
  const [bead] = context.args;
  if (bead === undefined) throw usageError("which bead?");
  const { runShellBead } = await import("../../../agents/lifecycle/shell-run.ts");
  const access = await context.access();
  const result = await runShellBead(access, bead, { name: context.env["GT_SESSION"] ?? access.actor });
  if (result.done !== undefined) printDone(context.out, result.done, access.actor);
  return result.code;
}
