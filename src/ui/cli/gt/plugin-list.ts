import { findPlugins, pluginSites } from "../../../agents/plugins/find-plugins.ts";
import { gateDecision } from "../../../agents/plugins/due-plugins.ts";
import { isEnabled, readPluginRecords, siteKey } from "../../../agents/plugins/plugin-record.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo, formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt plugin list` (spec/04 §11). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const found = findPlugins(access.town);
  const records = await readPluginRecords(access.ledger);
  const now = access.clock.now();
  const documents: object[] = [];
  for (const site of pluginSites(access.town, found)) {
    const record = records.get(siteKey(site)) ?? {};
    const enabled = isEnabled(site, record);
    const decision = await gateDecision(access, site, record);
    const dueAt = decision.kind === "closed" ? decision.dueAt : now;
    const last = record.run === undefined ? (record.lastResult ?? "never") : "running";
    documents.push({
      name: site.name,
      place: site.place,
      rig: site.rig || null,
      gate: site.plugin.gate.type,
      enabled,
      type: site.plugin.type,
      last_run_at: record.lastRunAt === undefined ? null : formatTime(record.lastRunAt),
      last_result: record.lastResult ?? null,
      running: record.run !== undefined,
      next_due_at: enabled && dueAt !== undefined ? formatTime(dueAt) : null,
    });
    const ran = record.lastRunAt === undefined ? last : `${last} ${formatAgo(now - record.lastRunAt)}`;
    const next = !enabled
      ? "disabled"
      : dueAt === undefined
        ? site.plugin.gate.type
        : dueAt <= now
          ? "due now"
          : `in ${formatSpan(dueAt - now)}`;
    out.line(
      `${siteKey(site).padEnd(28)} ${site.place.padEnd(10)} ${site.plugin.gate.type.padEnd(10)} ${ran.padEnd(20)} ${next}`,
    );
  }
  for (const broken of found) {
    if (broken.problem === undefined) continue;
    documents.push({ name: broken.name, place: broken.place, invalid: true, problem: broken.problem });
    out.warn(`${broken.place}/${broken.name} is invalid: ${sanitiseLine(broken.problem)}`);
  }
  if (found.length === 0) out.line("no plugins: a plugin is a directory with a plugin.md in plugins/");
  out.document(documents);
}
