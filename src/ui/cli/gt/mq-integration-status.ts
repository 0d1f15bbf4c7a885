import { integrationStatus } from "../../../agents/refinery/integration.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseEpic } from "./mq-epic.ts";

/** `gt mq integration status` (spec/05 §5.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const { epic, rig } = await chooseEpic(context);
  const queue = queueContext(await context.access(), rig);
  const status = await integrationStatus(queue, epic);
  const closed = status.children.filter((child) => child.status === "closed").length;
  out.document({
    epic,
    branch: status.branch,
    base_branch: status.base,
    created: status.head !== undefined,
    ahead_of_base: status.ahead,
    merged_mrs: status.merged,
    pending_mrs: status.pending,
    ready_to_land: status.isReady,
    auto_land_enabled: queue.settings.integrationAutoLand,
    children_total: status.children.length,
    children_closed: closed,
  });
  if (out.json) return;
  out.line(
    `${epic} ${sanitiseLine(status.branch)} -> ${sanitiseLine(status.base)}, ${status.ahead} commits ahead`,
  );
  out.line(`  beads ${closed}/${status.children.length} closed, ${status.merged.length} merged`);
  for (const mr of status.pending) out.line(`  ${mr.id} ${mr.status} ${sanitiseLine(mr.title)}`);
  if (status.isReady) out.next(`gt mq integration land ${epic}`);
}
