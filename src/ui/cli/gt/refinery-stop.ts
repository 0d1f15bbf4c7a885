import { switchRefinery } from "../../../agents/refinery/switch-refinery.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt refinery stop` (spec/05 §4.2): a run that is under way ends before any further push. */
export async function run(context: CommandContext): Promise<void> {
  const rig = await chooseRig(context, context.args[0]);
  const hasChanged = await switchRefinery(await context.access(), rig, { isOff: true });
  context.out.document({ ok: true, rig: rig.name, running: false, changed: hasChanged });
  if (hasChanged) context.out.done(`the refinery of ${rig.name} is off`);
  else context.out.line(`the refinery of ${rig.name} is off already`);
  context.out.next(`gt refinery start ${rig.name}`);
}
