import { sitesOf } from "../../../agents/plugins/find-plugins.ts";
import { isEnabled, readPlugin, siteKey } from "../../../agents/plugins/plugin-record.ts";
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
      ...plugin,
      gate: gateText(plugin.gate),
      place: site.place,
      rig: site.rig || null,
      directory: site.directory,
      enabled: isEnabled(site, record),
      record,
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
