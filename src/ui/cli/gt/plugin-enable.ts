import { sitesOf } from "../../../agents/plugins/find-plugins.ts";
import { putPlugin, readPlugin, siteKey } from "../../../agents/plugins/plugin-record.ts";
import type { CommandContext } from "../command.ts";

/** `gt plugin enable` and `gt plugin disable` (spec/04 §11): said for this town, the file stays as it is. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const [name = ""] = context.args;
  const isEnabled = context.words.at(-1) === "enable";
  const access = await context.access();
  const sites = sitesOf(access.town, name, flags.string("rig"));
  for (const site of sites) {
    const record = await readPlugin(access.ledger, site);
    await access.ledger.write(access.actor, [
      putPlugin(site, { ...record, isEnabled, ...(isEnabled ? { enabledAt: access.clock.now() } : {}) }),
    ]);
    out.done(`${siteKey(site)} is ${isEnabled ? "enabled" : "disabled"}`);
  }
  out.document({ ok: true, enabled: isEnabled, sites: sites.map(siteKey) });
}
