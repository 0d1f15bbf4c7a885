import { sitesOf } from "../../../agents/plugins/find-plugins.ts";
import { isEnabled, readPlugin, siteKey } from "../../../agents/plugins/plugin-record.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatSpan } from "../../../core/duration.ts";
import type { PluginGate } from "../../../core/plugins/plugin.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt plugin show` (spec/04 §11). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const [name = ""] = context.args;
  const access = await context.access();
  const documents: object[] = [];
  for (const site of sitesOf(access.town, name)) {
    const { plugin } = site;
    const record = await readPlugin(access.ledger, site);
    documents.push({
      name: plugin.name,
      description: plugin.description,
      version: plugin.version,
      place: site.place,
      rig: site.rig || null,
      directory: site.directory,
      enabled: isEnabled(site, record),
      gate: gateText(plugin.gate),
      type: plugin.type,
      timeout_ms: plugin.timeoutMs,
      labels: plugin.labels,
      digest: plugin.hasDigest,
      notify_on_failure: plugin.notifiesOnFailure,
      severity: plugin.severity,
      rigs: plugin.rigs,
      instructions: plugin.instructions,
      last_run_at: record.lastRunAt === undefined ? null : formatTime(record.lastRunAt),
      last_result: record.lastResult ?? null,
      running: record.run !== undefined,
    });
    out.line(`${siteKey(site)}  ${sanitiseLine(plugin.description)}`);
    out.line(
      `  gate     ${sanitiseLine(gateText(plugin.gate))}${isEnabled(site, record) ? "" : " (disabled)"}`,
    );
    out.line(`  does     ${plugin.type}, at most ${formatSpan(plugin.timeoutMs)}`);
    out.line(`  place    ${site.directory}`);
    if (plugin.instructions !== "") out.line(`\n${sanitise(plugin.instructions)}`);
  }
  out.document(documents);
}

function gateText(gate: PluginGate): string {
  switch (gate.type) {
    case "manual":
      return "manual";
    case "cooldown":
      return `cooldown ${formatSpan(gate.durationMs)}`;
    case "cron":
      return `cron ${gate.text}`;
    case "condition":
      return `condition ${gate.check}`;
    case "event":
      return `event ${gate.on}`;
  }
}
