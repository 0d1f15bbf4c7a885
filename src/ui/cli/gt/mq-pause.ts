import { pauseTarget } from "../../../agents/refinery/pause-target.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq pause` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const rig = await chooseRig(context, context.args[0]);
  const target = context.flags.string("target");
  await pauseTarget(queueContext(await context.access(), rig), target, context.flags.string("reason") ?? "");
  context.out.document({ ok: true, rig: rig.name, target: target ?? "*" });
  context.out.done(`paused ${target ?? "all targets"} of ${rig.name}`);
  context.out.next(`gt mq resume ${rig.name}`);
}
