import { isObject } from "../../core/town/json-file.ts";
import { booleanSetting, settingAt, textSetting } from "../../core/town/setting.ts";
import type { TownSettings } from "../../core/town/settings.ts";

/** How a new problem is announced when nobody looks. */
export type Notify = "none" | "bell" | "desktop";

/** The keys `tui.*` and `cli_theme` of the town's settings, as the TUI uses them. */
export interface TuiSettings {
  readonly theme: "auto" | "dark" | "light" | "high-contrast";
  /** `#rrggbb` by name of the theme's colour; other names and values are not taken. */
  readonly colours: Readonly<Record<string, unknown>>;
  /** A key or several by the name of an action. */
  readonly keys: Readonly<Record<string, unknown>>;
  readonly mouse: boolean;
  readonly notify: Notify;
  readonly reducedMotion: boolean;
}

/** What has been checked when the settings were read is taken as it is. */
export function tuiSettings(settings: TownSettings): TuiSettings {
  const chosen = textSetting(settings, "tui.theme");
  return {
    theme: (chosen === "auto" ? textSetting(settings, "cli_theme") : chosen) as TuiSettings["theme"],
    colours: mapSetting(settings, "tui.colours"),
    keys: mapSetting(settings, "tui.keys"),
    mouse: booleanSetting(settings, "tui.mouse"),
    notify: textSetting(settings, "tui.notify") as Notify,
    reducedMotion: booleanSetting(settings, "tui.reduced_motion"),
  };
}

function mapSetting(settings: TownSettings, key: string): Readonly<Record<string, unknown>> {
  const value = settingAt(settings, key);
  return isObject(value) ? value : {};
}
