import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { isReservedName } from "../../core/town/address.ts";
import { changeSetting } from "../../core/town/change-settings.ts";
import { numberSetting, settingAt, textSetting } from "../../core/town/setting.ts";
import { findSettingKey } from "../../core/town/setting-keys.ts";
import type { RigSettings } from "../../core/town/settings.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import { builtInThemes, defaultTheme, isCustomName, type NamePool, usableNames } from "./name-theme.ts";

/** The names of a rig: its own list, its theme, or the built-in theme that its name falls on (spec/04 §3.2). */
export function namePool(town: Town, rig: Rig): NamePool {
  const settings = town.rigSettings(rig.name);
  const own = settingAt(settings, "namepool.names");
  const size = poolSize(settings);
  if (Array.isArray(own) && own.length > 0)
    return { names: own.filter((name) => typeof name === "string" && isPolecatName(name)), size };
  return { names: themeNames(town, rigTheme(town, rig)) ?? [], size };
}

/** How many names are used: what the rig says, else what holds for the town (spec/04 §0.6). */
function poolSize(settings: RigSettings): number {
  const key = "namepool.max_before_numbering";
  const own = numberSetting(settings, key);
  return own === findSettingKey(key)?.default
    ? numberSetting(settings, "operational.polecat.pool_size")
    : own;
}

/** Name of the theme that a rig draws from; the default one when its own is gone or has no names. */
export function rigTheme(town: Town, rig: Rig): string {
  const style = textSetting(town.rigSettings(rig.name), "namepool.style");
  return style !== "" && (themeNames(town, style) ?? []).length > 0 ? style : defaultTheme(rig.name);
}

/** Whether the rig has a list of names of its own, which goes before any theme. */
export function hasOwnNames(town: Town, rig: Rig): boolean {
  const own = settingAt(town.rigSettings(rig.name), "namepool.names");
  return Array.isArray(own) && own.length > 0;
}

/** Gives a new rig a theme that no other rig uses, if there is one (spec/04 §3.2). */
export async function chooseFirstTheme(town: Town, rig: Rig): Promise<void> {
  if (hasOwnNames(town, rig) || textSetting(town.rigSettings(rig.name), "namepool.style") !== "") return;
  const others = town.rigs().filter((each) => each.name !== rig.name);
  const theme = defaultTheme(rig.name, new Set(others.map((each) => rigTheme(town, each))));
  if (theme !== rigTheme(town, rig)) await changeSetting(town, rig.name, ["namepool", "style"], theme);
}

/** The names of a theme, built in or of the town's `settings/themes/`; undefined when there is none. */
export function themeNames(town: Town, theme: string): readonly string[] | undefined {
  return builtInThemes[theme] ?? customTheme(town, theme)?.names;
}

/** What a person should know of a theme and the rig's choice of it: lines that are no names, a theme without any. */
export function themeProblems(town: Town, theme: string): readonly string[] {
  if (theme in builtInThemes) return [];
  const custom = customTheme(town, theme);
  if (custom === undefined) return [`there is no theme "${theme}"`];
  const file = `settings/themes/${theme}.txt`;
  return [
    ...(custom.names.length === 0 ? [`the theme ${theme} has no names (${file})`] : []),
    ...custom.skipped.map((name) => `"${name}" cannot be a polecat's name; it is left out (${file})`),
  ];
}

function customTheme(town: Town, theme: string): SortedNames | undefined {
  const file = themeFile(town, theme);
  if (file === undefined || !existsSync(file)) return undefined;
  return sortNames(readFileSync(file, "utf8").split("\n"));
}

/** Names of the town's own themes. */
export function customThemes(town: Town): readonly string[] {
  const directory = join(town.root, "settings", "themes");
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => /^[a-z][a-z0-9-]*\.txt$/.test(file))
    .map((file) => file.slice(0, -".txt".length))
    .sort();
}

/** Whether a polecat may bear the name: that of a built-in theme, or one that a person may make up. */
function isPolecatName(name: string): boolean {
  const isBuiltIn = Object.values(builtInThemes).some((names) => names.includes(name));
  return !isReservedName(name) && (isBuiltIn || isCustomName(name));
}

/** `E_NAME` for a name that no polecat may bear (spec/04 §3.2). */
export function expectPolecatName(name: string): void {
  if (isPolecatName(name)) return;
  throw new GtError("E_NAME", `"${name}" cannot be a polecat's name`, {
    why: ["lower-case letters, digits and hyphens, more than 3 characters, not a role"],
    hint: "gt namepool themes",
  });
}

/** From now on new polecats of the rig are named by the theme; those that are there keep their names. `E_THEME`. */
export async function chooseTheme(town: Town, rig: Rig, theme: string): Promise<void> {
  const names = themeNames(town, theme);
  if (names === undefined) throw unknownTheme(theme);
  if (names.length === 0)
    throw new GtError("E_THEME", `the theme ${theme} has no names`, {
      why: [`one name a line belongs into ${themeFile(town, theme)}`],
      hint: "gt namepool themes",
    });
  // A list of names of its own would go before any theme.
  await changeSetting(town, rig.name, ["namepool", "names"], undefined);
  await changeSetting(town, rig.name, ["namepool", "style"], theme);
}

/**
 * One more name for the rig: in its custom theme, else in a list of its own that begins as its built-in theme. Where the
 * limit would leave it unused the limit is raised.
 */
export async function addName(town: Town, rig: Rig, name: string): Promise<"theme" | "rig" | "known"> {
  expectPolecatName(name);
  const { names, size } = namePool(town, rig);
  if (names.includes(name)) return "known";
  const usable = usableNames({ names: [...names, name], size: names.length + 1 }).length;
  if (usable > size) await changeSetting(town, rig.name, ["namepool", "max_before_numbering"], usable);
  const file = themeFile(town, rigTheme(town, rig));
  if (!hasOwnNames(town, rig) && file !== undefined && existsSync(file)) {
    await writeFileAtomic(file, `${readFileSync(file, "utf8").trimEnd()}\n${name}\n`);
    return "theme";
  }
  await changeSetting(town, rig.name, ["namepool", "names"], [...names, name]);
  return "rig";
}

export interface SortedNames {
  readonly names: readonly string[];
  /** What cannot be a name. */
  readonly skipped: readonly string[];
}

/** Writes a custom theme. `E_THEME` for a name that is taken or cannot be one, and for a theme without any name. */
export async function createTheme(town: Town, theme: string, lines: readonly string[]): Promise<SortedNames> {
  const file = themeFile(town, theme);
  if (file === undefined)
    throw new GtError("E_THEME", `"${theme}" cannot be the name of a theme`, {
      why: ["lower-case letters, digits and hyphens, beginning with a letter"],
      hint: "gt namepool themes",
    });
  if (themeNames(town, theme) !== undefined)
    throw new GtError("E_THEME", `there is a theme "${theme}" already`, {
      hint: `gt namepool themes ${theme}`,
    });
  const sorted = sortNames(lines);
  if (sorted.names.length === 0)
    throw new GtError("E_THEME", "a theme needs names", {
      why: sorted.skipped.map((name) => `"${name}" cannot be a polecat's name`).slice(0, 5),
      hint: `gt namepool create ${theme} <name>...`,
    });
  mkdirSync(dirname(file), { recursive: true });
  await writeFileAtomic(file, `${sorted.names.join("\n")}\n`);
  return sorted;
}

/** Removes a custom theme. `E_THEME` while a rig uses it. */
export function deleteTheme(town: Town, theme: string): void {
  const file = themeFile(town, theme);
  if (theme in builtInThemes)
    throw new GtError("E_THEME", `"${theme}" is built in`, { hint: "gt namepool themes" });
  if (file === undefined || !existsSync(file)) throw unknownTheme(theme);
  const user = town.rigs().find((rig) => rigTheme(town, rig) === theme);
  if (user !== undefined)
    throw new GtError("E_THEME", `rig ${user.name} uses the theme "${theme}"`, {
      hint: `gt namepool set ${defaultTheme(user.name)} --rig ${user.name}`,
    });
  rmSync(file);
}

const customNameLimit = 2000;

/** One name a line, `#` begins a remark; upper case and doubles are put right silently. */
function sortNames(lines: readonly string[]): SortedNames {
  const words = lines
    .map((line) => line.replace(/#.*/, "").trim().toLowerCase())
    .filter((word) => word !== "");
  const unique = [...new Set(words)];
  const names = unique.filter(isPolecatName);
  return {
    names: names.slice(0, customNameLimit),
    skipped: [...unique.filter((name) => !isPolecatName(name)), ...names.slice(customNameLimit)],
  };
}

function themeFile(town: Town, theme: string): string | undefined {
  return /^[a-z][a-z0-9-]*$/.test(theme) ? join(town.root, "settings", "themes", `${theme}.txt`) : undefined;
}

const unknownTheme = (theme: string): GtError =>
  new GtError("E_THEME", `there is no theme "${theme}"`, { hint: "gt namepool themes" });
