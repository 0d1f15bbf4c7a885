import { forecastBatch } from "../../../agents/refinery/forecast-batch.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { runQueue } from "../../../agents/refinery/refinery.ts";
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
  const report = await runQueue(await context.access(), rig, {
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
