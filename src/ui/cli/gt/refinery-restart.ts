import { switchRefinery } from "../../../agents/refinery/switch-refinery.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";
import { run as start } from "./refinery-start.ts";

/** `gt refinery restart` (spec/05 §4.2). */
export async function run(context: CommandContext): Promise<void> {
  const rig = await chooseRig(context, context.args[0]);
  await switchRefinery(await context.access(), rig, { isOff: true });
  await start(context);
}
