import { claimByHand } from "../../../agents/refinery/claim-by-hand.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import type { CommandContext } from "../command.ts";
import { chooseRequest } from "./mq-rig.ts";

/** `gt refinery claim` (spec/05 §1.5). */
export async function run(context: CommandContext): Promise<void> {
  const { mr, rig } = await chooseRequest(context);
  const worker = context.env["GT_REFINERY_WORKER"] || "refinery-1";
  await claimByHand(queueContext(await context.access(), rig), mr, worker);
  context.out.document({ ok: true, id: mr.id, assignee: worker });
  context.out.done(`${worker} has claimed ${mr.id}`);
}
