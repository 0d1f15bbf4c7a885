import { presets } from "../../../agents/runtimes/presets.ts";
import { GtError } from "../../../core/gt-error.ts";
import { settingsFile } from "../../../core/town/change-settings.ts";
import { isObject, readJsonFile } from "../../../core/town/json-file.ts";
import type { CommandContext } from "../command.ts";
import { change } from "./config-value.ts";

/** `gt config agent remove <name>` (spec/03 §2.5). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const [name = ""] = args;
  const rig = flags.string("rig");
  const agents = readJsonFile(settingsFile(await context.town(), rig))?.["agents"];
  if (!isObject(agents) || !Object.hasOwn(agents, name)) {
    throw presets.has(name)
      ? new GtError(
          "E_CONFIG",
          `cannot remove built-in agent '${name}' (use 'gt config agent set' to override it)`,
          { hint: `gt config agent set ${name} "<command line>"` },
        )
      : new GtError("E_AGENT_UNKNOWN", `custom agent '${name}' not found`, { hint: "gt config agent list" });
  }
  await change(context, ["agents", name], undefined, rig);
  out.document({ name, removed: true });
  out.line(`Removed custom agent '${name}'`);
  const town = await context.town();
  const isDefault = !presets.has(name) && town.settings().default_agent === name;
  if (isDefault) out.warn(`default_agent still names '${name}': gt config default-agent claude`);
}
