import { formatTime } from "../../../core/clock.ts";
import { formatSpan } from "../../../core/duration.ts";
import { runsOf } from "../../../core/merge/run-record.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq runs` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock } = await context.access();
  const runs = (await runsOf(ledger, rig.name)).slice(0, context.flags.integer("limit") ?? 20);
  out.document(
    runs.map((each) => ({
      id: each.id,
      target: each.target,
      state: each.state,
      mrs: each.ids,
      landed: each.landed,
      ejected: each.ejected,
      gate_runs: each.gateRuns,
      started_at: formatTime(each.startedAt),
      ended_at: each.endedAt === undefined ? null : formatTime(each.endedAt),
    })),
  );
  if (out.json) return;
  if (runs.length === 0) {
    out.line(`No runs in ${rig.name} yet.`);
    return;
  }
  out.table(
    ["id", "target", "state", "n", "landed", "ejected", "gates", "took", "when"],
    runs.map((each) => [
      each.id,
      sanitiseLine(each.target),
      each.state,
      String(each.ids.length),
      String(each.landed.length),
      String(each.ejected.length),
      String(each.gateRuns),
      `${(((each.endedAt ?? clock.now()) - each.startedAt) / 1000).toFixed(1)}s`,
      `${formatSpan(Math.max(0, clock.now() - each.startedAt))} ago`,
    ]),
  );
}
