import { releaseByHand } from "../../../agents/refinery/claim-by-hand.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import type { CommandContext } from "../command.ts";
import { chooseRequest } from "./mq-rig.ts";

/** `gt refinery release` (spec/05 §1.5). */
export async function run(context: CommandContext): Promise<void> {
  const { mr, rig } = await chooseRequest(context);
  await releaseByHand(queueContext(await context.access(), rig), mr);
  context.out.document({ ok: true, id: mr.id });
  context.out.done(`released ${mr.id}`);
}
