import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { isOver, type RunRecord, runsOf } from "../../../core/merge/run-record.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt refinery attach` (spec/05 §4.2): a line for each step of the runs, until interrupted. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger } = await context.access();
  const signal = context.untilSignal();
  const told = new Map<string, string>();
  const look = async () => {
    for (const each of (await runsOf(ledger, rig.name)).slice(0, 5).toReversed()) {
      const text = describe(each);
      const isOld = !told.has(each.id) && isOver(each);
      if (told.get(each.id) !== text && !isOld) out.line(text);
      told.set(each.id, text);
    }
  };
  await look();
  if (told.size === 0) out.line(`No runs in ${rig.name} yet; waiting. Ctrl-C ends this.`);
  await new Promise<void>((resolve) => {
    const watch = watchLedger(ledger, () => void look());
    signal.addEventListener("abort", () => void watch.close().then(resolve), { once: true });
  });
}

function describe(run: RunRecord): string {
  const probe = run.probes.at(-1);
  const gate =
    probe === undefined ? "" : `, ${probe.gate} on prefix ${probe.prefix}: ${probe.verdict ?? "running"}`;
  return sanitiseLine(
    `${run.id} ${run.target} ${run.state}, ${run.landed.length}/${run.ids.length} landed${gate}`,
  );
}
