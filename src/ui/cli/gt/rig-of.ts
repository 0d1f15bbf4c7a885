import { usageError } from "../../../core/gt-error.ts";
import { rigOfDirectory } from "../../../core/town/actor.ts";
import type { Rig, Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

/** The rig meant: named, of the environment, of the directory, or the only one (spec/07 §2.3). */
export function rigOf({ env, cwd }: CommandContext, town: Town, named: string | undefined): Rig {
  const wanted = named ?? env["GT_RIG"];
  if (wanted) return town.rig(wanted);
  const here = rigOfDirectory(cwd, town);
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
