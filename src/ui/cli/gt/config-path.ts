import { settingsFile } from "../../../core/town/change-settings.ts";
import type { CommandContext } from "../command.ts";

/** `gt config path`. */
export async function run(context: CommandContext): Promise<void> {
  const path = settingsFile(await context.town(), context.flags.string("rig"));
  context.out.document({ path });
  context.out.line(path);
}
