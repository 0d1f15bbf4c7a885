import { retryRequest } from "../../../agents/refinery/change-request.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRequest } from "./mq-rig.ts";
import { processQueue } from "./mq-process.ts";

/** `gt mq retry` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const { mr, rig } = await chooseRequest(context);
  const access = await context.access();
  const report = await retryRequest(queueContext(access, rig), mr, {
    ...(flags.boolean("reset") ? { reset: "reset" as const } : {}),
    ...(flags.boolean("same-head") ? { head: "same" as const } : {}),
  });
  out.document({ ok: true, id: mr.id, from: report.from, to: report.to, blocked: report.isBlocked });
  out.done(`${mr.id} ${report.isBlocked ? "has a new head and waits for its blocker" : "is ready again"}`);
  if (report.from !== report.to)
    out.line(`  ${sanitiseLine(mr.branch)}: ${report.from.slice(0, 12)} -> ${report.to.slice(0, 12)}`);
  if (!flags.boolean("now")) return 0;
  return processQueue(context, rig, { untilIdle: "until-idle" });
}
