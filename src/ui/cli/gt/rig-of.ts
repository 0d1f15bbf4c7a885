import { usageError } from "../../../core/gt-error.ts";
import { rigOfDirectory } from "../../../core/town/actor.ts";
import type { Rig, Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

type Place = Pick<CommandContext, "env" | "cwd">;

/** The rig in which the caller is: of the environment, or of the directory. */
export function rigHere({ env, cwd }: Place, town: Town): Rig | undefined {
  const own = env["GT_RIG"];
  if (own) return town.rig(own);
  return rigOfDirectory(cwd, town);
}

/** The rig meant: named, that of the caller, or the only one (spec/07 §2.3). */
export function rigOf(place: Place, town: Town, named: string | undefined): Rig {
  const here = named ? town.rig(named) : rigHere(place, town);
  if (here) return here;
  const [only, ...others] = town.rigs();
  if (only && others.length === 0) return only;
  throw usageError("which rig?", {
    why: [
      `registered rigs: ${
        town
          .rigs()
          .map((rig) => rig.name)
          .join(", ") || "none"
      }`,
    ],
    hint: "gt rig list",
  });
}
