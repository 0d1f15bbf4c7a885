import { sanitiseLine } from "../../../core/sanitise.ts";
import { describeCommands, readProjectSettings } from "../../../core/town/project-settings.ts";
import type { CommandContext } from "../command.ts";
import { change } from "./config-value.ts";

/** `gt rig settings trust <rig>`: accepts the project's commands as they are now; any later change waits again. */
export async function run(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const town = await context.town();
  const rig = town.rig(args[0] ?? "");
  const project = readProjectSettings(town.root, rig.name);
  const commands = describeCommands(project?.commands ?? {});
  if (!project || commands.length === 0) {
    out.line(`${rig.name} suggests no commands of its own`);
    return;
  }
  await change(context, ["project_settings_sha256"], project.sha256, rig.name);
  out.done(`the commands of ${rig.name} run from now on:`);
  for (const command of commands) out.line(`  ${sanitiseLine(command)}`);
}
