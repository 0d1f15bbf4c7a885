import { setTimeout as pause } from "node:timers/promises";
import { forecastBatch } from "../../../agents/refinery/forecast-batch.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import type { QueueReport } from "../../../agents/refinery/queue-report.ts";
import { runQueue, type RunQueueOptions } from "../../../agents/refinery/refinery.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq process` (spec/05 §4.1): exit 3 when something was set aside. */
export async function run(context: CommandContext): Promise<number> {
  const { flags } = context;
  const rig = await chooseRig(context, context.args[0]);
  const target = flags.string("target");
  if (flags.boolean("dry-run")) return dryRun(context, rig, target);
  return processQueue(context, rig, {
    ...(flags.boolean("until-idle") ? { untilIdle: "until-idle" as const } : {}),
    ...(target === undefined ? {} : { target }),
  });
}

export async function processQueue(
  context: CommandContext,
  rig: Rig,
  options: { readonly untilIdle?: "until-idle"; readonly target?: string },
): Promise<number> {
  const { out } = context;
  const report = await here(context, rig, {
    signal: context.untilSignal(),
    patienceMs: options.untilIdle === undefined ? 0 : 60_000,
    byHand: "by-hand",
    ...(options.untilIdle === undefined ? { once: "once" as const } : {}),
    ...(options.target === undefined ? {} : { target: options.target }),
    tell: (line) => out.line(sanitiseLine(line)),
  });
  out.document({ ok: true, rig: rig.name, ...report });
  const parts = [`${report.merged.length} merged`];
  if (report.ejected.length > 0) parts.push(`${report.ejected.length} set aside`);
  if (report.conflicts.length > 0) parts.push(`${report.conflicts.length} in conflict`);
  if (report.quarantined.length > 0) parts.push(`${report.quarantined.length} quarantined`);
  out.line(`${rig.name}: ${parts.join(", ")}, ${report.gateRuns} gate runs, ${report.waiting} waiting`);
  return report.ejected.length + report.conflicts.length + report.quarantined.length > 0 ? 3 : 0;
}

/** Runs the queue in this process; while another one drives it, that one is followed instead (spec/05 §4.1). */
async function here(context: CommandContext, rig: Rig, options: RunQueueOptions): Promise<QueueReport> {
  const access = await context.access();
  for (let isTold = false; ; isTold = true) {
    try {
      return await runQueue(access, rig, options);
    } catch (error) {
      if (!(error instanceof GtError) || error.code !== "E_BUSY" || context.untilSignal().aborted)
        throw error;
      if (!isTold) context.out.note(`${error.message}; waiting for it`);
      await changeOf(access.ledger, context.untilSignal());
    }
  }
}

/** The next write of anybody, or a moment later: a lock that is given back writes nothing. */
async function changeOf(ledger: Ledger, signal: AbortSignal): Promise<void> {
  let onChange: () => void = () => {};
  const watch = watchLedger(ledger, () => onChange());
  const changed = new Promise<void>((resolve) => {
    onChange = resolve;
  });
  const moment = pause(2000, undefined, { signal }).catch(() => {});
  await Promise.race([changed, moment]);
  await watch.close();
}

async function dryRun(context: CommandContext, rig: Rig, target: string | undefined): Promise<number> {
  const { out } = context;
  const forecast = await forecastBatch(queueContext(await context.access(), rig), target);
  out.document({ ok: true, rig: rig.name, ...forecast });
  if (forecast.target === "") out.line(`${rig.name}: nothing may run now`);
  else {
    out.line(`${rig.name}: a batch of ${forecast.items.length} for ${sanitiseLine(forecast.target)}`);
    for (const [index, item] of forecast.items.entries())
      out.line(`  ${index + 1}. ${item.id} ${sanitiseLine(item.branch)}`);
    for (const refusal of forecast.out)
      out.line(
        `  ${refusal.id} ${refusal.kind}: ${sanitiseLine((refusal.files ?? refusal.behind ?? []).join(" "))}`,
      );
  }
  return 0;
}
