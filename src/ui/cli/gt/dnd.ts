import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { readLevel, showLevel, tellOfQuietRig, writeLevel } from "./notification-level.ts";

/** `gt dnd [on|off|status]` (spec/06 §7.1). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const [action] = args;
  if (action !== undefined && !["on", "off", "status"].includes(action))
    throw usageError(`unknown action "${action}": use on, off or status`);
  if (action === "status") return showLevel(context);
  const isOn = action === undefined ? (await readLevel(context)) !== "muted" : action === "on";
  await writeLevel(context, isOn ? "muted" : "normal");
  out.document({ level: isOn ? "muted" : "normal" });
  out.done(isOn ? "DND enabled - notifications muted" : "DND disabled - notifications resumed");
  if (isOn) out.line("Run gt dnd off to resume");
  else await tellOfQuietRig(context);
}
