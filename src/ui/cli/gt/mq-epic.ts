import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** The epic that is named, and the rig whose prefix it has; the rig here for an epic of the town. */
export async function chooseEpic(
  context: CommandContext,
): Promise<{ readonly epic: string; readonly rig: Rig }> {
  const town = await context.town();
  const epic = context.args[0] ?? "";
  return { epic, rig: town.rigOfBead(epic) ?? (await chooseRig(context)) };
}
