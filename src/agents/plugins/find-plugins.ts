import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { type Plugin, parsePlugin } from "../../core/plugins/plugin.ts";
import { packageRoot } from "../../core/package-root.ts";
import type { Town } from "../../core/town/town.ts";
import { didYouMean, nearestNames } from "../../core/nearest-name.ts";

/** A directory with a `plugin.md` (spec/04 §11). */
export interface FoundPlugin {
  /** Its directory's name, until the file itself says another one. */
  readonly name: string;
  /** `town`, the rig in whose directory it lies, or `shipped` with the program. */
  readonly place: string;
  readonly directory: string;
  /** Undefined for one that cannot be read; then `problem` says why. */
  readonly plugin?: Plugin;
  readonly problem?: string;
}

/** Where a plugin runs: once for the town, or once for a rig. */
export interface PluginSite extends FoundPlugin {
  readonly plugin: Plugin;
  /** Rig that it runs for; empty for the town. */
  readonly rig: string;
}

const shipped = "shipped";

export const pluginScript = (found: Pick<FoundPlugin, "directory">): string =>
  join(found.directory, "run.sh");

/**
 * All plugins of town and rigs and those that come with the program, by name and place. Directories without a `plugin.md`
 * are none.
 */
export function findPlugins(town: Town): readonly FoundPlugin[] {
  return [
    ...pluginsIn(join(packageRoot(), "plugins"), shipped),
    ...pluginsIn(join(town.root, "plugins"), "town"),
    ...town.rigs().flatMap((rig) => pluginsIn(join(rig.path, "plugins"), rig.name)),
  ].sort((one, two) =>
    one.name === two.name ? (one.place < two.place ? -1 : 1) : one.name < two.name ? -1 : 1,
  );
}

/** Those in one directory, readable or not. */
export function pluginsIn(directory: string, place: string): readonly FoundPlugin[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry): readonly FoundPlugin[] => {
    const own = join(directory, entry.name);
    const file = join(own, "plugin.md");
    if (!entry.isDirectory() || !existsSync(file)) return [];
    const found = { name: entry.name, place, directory: own };
    try {
      const plugin = parsePlugin(readFileSync(file, "utf8"), { hasScript: existsSync(pluginScript(found)) });
      return [{ ...found, name: plugin.name, plugin }];
    } catch (error) {
      const [why = "unreadable"] = (error instanceof Error ? error.message : String(error)).split("\n");
      return [{ ...found, problem: why }];
    }
  });
}

/**
 * Every place in which the readable plugins run. A rig's plugin replaces a town's of the same name for that rig; what comes
 * with the program runs in rigs, is off until somebody wants it there, and gives way to any other of its name.
 */
export function pluginSites(
  town: Town,
  found: readonly FoundPlugin[] = findPlugins(town),
): readonly PluginSite[] {
  const isRegistered = (rig: string) => town.findRig(rig) !== undefined;
  return found.flatMap((each): readonly PluginSite[] => {
    const { plugin } = each;
    if (plugin === undefined) return [];
    if (each.place === shipped)
      return found.some((other) => other.name === each.name && other.place !== shipped)
        ? []
        : town.rigs().map((rig) => ({ ...each, plugin, rig: rig.name }));
    if (each.place !== "town") return [{ ...each, plugin, rig: each.place }];
    if (plugin.rigs.length === 0) return [{ ...each, plugin, rig: "" }];
    const replaced = (rig: string) => found.some((other) => other.name === each.name && other.place === rig);
    return plugin.rigs
      .filter((rig) => isRegistered(rig) && !replaced(rig))
      .map((rig) => ({ ...each, plugin, rig }));
  });
}

/** The sites of one plugin, of one rig when it is named. `E_PLUGIN_UNKNOWN`, `E_PLUGIN_INVALID`. */
export function sitesOf(town: Town, name: string, rig?: string): readonly PluginSite[] {
  const found = findPlugins(town);
  const same = found.filter((each) => each.name === name);
  if (same.length === 0)
    throw new GtError("E_PLUGIN_UNKNOWN", `there is no plugin ${name}${suggestion(name, found)}`, {
      hint: "gt plugin list",
    });
  const sites = pluginSites(town, same).filter((site) => rig === undefined || site.rig === rig);
  if (sites.length > 0) return sites;
  const broken = same.find((each) => each.problem !== undefined);
  if (broken !== undefined)
    throw new GtError("E_PLUGIN_INVALID", `the plugin ${name} cannot be read: ${broken.problem}`, {
      hint: `$EDITOR ${join(broken.directory, "plugin.md")}`,
    });
  throw new GtError("E_PLUGIN_UNKNOWN", `the plugin ${name} does not run in ${rig ?? "any registered rig"}`, {
    hint: `gt plugin show ${name}`,
  });
}

function suggestion(name: string, found: readonly FoundPlugin[]): string {
  return didYouMean(nearestNames(name, [...new Set(found.map((each) => each.name))]));
}
