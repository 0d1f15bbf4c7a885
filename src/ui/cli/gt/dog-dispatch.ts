import { addDog, dogs } from "../../../agents/dogs/dog-pool.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { runSites } from "./plugin-run.ts";

/** `gt dog dispatch` (spec/04 §10.3). */
export async function run(context: CommandContext): Promise<number> {
  const { flags } = context;
  const plugin = flags.string("plugin");
  if (plugin === undefined) throw usageError("which plugin?", { hint: "gt plugin list" });
  const dog = flags.string("dog");
  const isDry = flags.boolean("dry-run");
  if (dog !== undefined && flags.boolean("create") && !isDry) {
    const access = await context.access();
    if (!(await dogs(access)).some((each) => each.name === dog)) await addDog(access, dog);
  }
  const rig = flags.string("rig");
  return runSites(context, plugin, {
    isForced: true,
    isDry,
    ...(dog === undefined ? {} : { dog }),
    ...(rig === undefined ? {} : { rig }),
  });
}
