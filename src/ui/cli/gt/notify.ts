import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import {
  levelIcons,
  type NotificationLevel,
  showLevel,
  tellOfQuietRig,
  writeLevel,
} from "./notification-level.ts";

/** `gt notify [verbose|normal|muted]` (spec/06 §7.1). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const [wanted] = args;
  if (wanted === undefined) return showLevel(context);
  if (!Object.hasOwn(levelIcons, wanted))
    throw usageError(`unknown level "${wanted}": use verbose, normal or muted`);
  await writeLevel(context, wanted as NotificationLevel);
  out.document({ level: wanted });
  out.done(`Notification level set to ${wanted}`);
  if (wanted !== "muted") await tellOfQuietRig(context);
}
