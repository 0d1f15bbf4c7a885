import type { Runtime } from "../runtimes/runtime.ts";
import type { TownAccess } from "../town-access.ts";
import { pluginScript, pluginSites } from "./find-plugins.ts";
import { isEnabled, readPluginRecords, siteKey } from "./plugin-record.ts";

/**
 * The runtime with the plugins of type `exec-wrapper` in front of its command, by name: each is a script that does
 * something and then `exec "$@"` (spec/04 §11). A rig's agents get those of the town and of the rig.
 */
export async function withExecWrappers(access: TownAccess, runtime: Runtime, rig: string): Promise<Runtime> {
  const sites = pluginSites(access.town).filter(
    (site) => site.plugin.type === "exec-wrapper" && (site.rig === "" || site.rig === rig),
  );
  if (sites.length === 0) return runtime;
  const records = await readPluginRecords(access.ledger);
  const words = sites
    .filter((site) => isEnabled(site, records.get(siteKey(site)) ?? {}))
    .flatMap((site) => ["bash", pluginScript(site)]);
  return words.length === 0 ? runtime : { ...runtime, execWrapper: [...words, ...runtime.execWrapper] };
}
