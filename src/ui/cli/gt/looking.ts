import type { TownAccess } from "../../../agents/town-access.ts";
import { tolerantTown } from "../../../core/town/tolerant-town.ts";
import type { CommandContext } from "../command.ts";

/** Access for commands that only look: broken settings warn instead of hiding the whole town (spec/07 §6.1). */
export async function lookingAccess(context: CommandContext): Promise<TownAccess> {
  const access = await context.access();
  return { ...access, town: tolerantTown(access.town, (text) => context.out.warn(text)) };
}
