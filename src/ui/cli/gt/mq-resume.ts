import { resumeTarget } from "../../../agents/refinery/pause-target.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq resume` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const rig = await chooseRig(context, context.args[0]);
  const access = await context.access();
  const changed = await resumeTarget(queueContext(access, rig), context.flags.string("target"));
  context.out.document({ ok: true, rig: rig.name, resumed: changed });
  if (changed.length === 0) context.out.line(`nothing is paused or held in ${rig.name}`);
  else
    context.out.done(
      `resumed ${changed.map((target) => (target === "*" ? "all targets" : sanitiseLine(target))).join(", ")} of ${rig.name}`,
    );
}
