import { GtError } from "../../../core/gt-error.ts";
import { type FoundRequest, findRequest } from "../../../core/merge/find-request.ts";
import { rigOfDirectory } from "../../../core/town/actor.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

/** The rig that is named, the one here, the agent's own, or the only one (spec/05 §4.1). */
export async function chooseRig(context: CommandContext, name?: string): Promise<Rig> {
  const town = await context.town();
  if (name !== undefined) return town.rig(name);
  const own = rigOfDirectory(context.cwd, town)?.name ?? context.env["GT_RIG"];
  if (own) return town.rig(own);
  const [only, ...others] = town.rigs();
  if (only === undefined)
    throw new GtError("E_NO_RIG", "this town has no rigs", { hint: "gt rig add <name> <git-url or path>" });
  if (others.length > 0)
    throw new GtError("E_NO_RIG", "which rig?", {
      why: [
        town
          .rigs()
          .map((rig) => rig.name)
          .join(", "),
      ],
      hint: `gt ${context.words.join(" ")} ${only.name}`,
    });
  return only;
}

/** The request that is meant, with or without a rig before it. `E_MR_NOT_FOUND`. */
export async function chooseRequest(context: CommandContext): Promise<FoundRequest> {
  const town = await context.town();
  const [first = "", second] = context.args;
  if (second !== undefined) town.rig(first);
  return findRequest(await context.ledger(), town, second ?? first);
}
