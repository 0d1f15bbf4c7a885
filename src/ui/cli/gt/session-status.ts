import { findTarget } from "../../../agents/sessions/find-target.ts";
import { isBuiltIn } from "../../../agents/sessions/nudge.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { showLoop, showSession } from "./role-status.ts";

/** `gt session status` (spec/03 §5.11). */
export async function run(context: CommandContext): Promise<void> {
  const access = await context.access();
  const target = await findTarget(context.args[0] ?? "", { ...access, cwd: context.cwd });
  if (isBuiltIn(access.town, target)) {
    showLoop(context, access.town, target);
    return;
  }
  if (target.address.role !== "mayor" && (await access.ledger.agent(target.actor)) === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${target.actor}`, { hint: "gt agents --all" });
  await showSession(context, target);
}
