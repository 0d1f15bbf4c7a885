import { parseDuration } from "../duration.ts";
import { isObject, readJsonFile } from "./json-file.ts";
import { daemonFile } from "./paths.ts";
import { settingAt } from "./setting.ts";
import type { Town } from "./town.ts";

/** What `mayor/daemon.json` and the town's settings say about one of the daemon's duties (spec/04 §8.3). */
export interface PatrolSettings {
  readonly isEnabled: boolean;
  /** `agent`: a session of its own decides; the code only watches over it. */
  readonly mode: "builtin" | "agent";
  /** Runtime of that session; the role's when left out. */
  readonly agent?: string;
  /** Only these rigs; empty: all. */
  readonly rigs: readonly string[];
  readonly intervalMs?: number;
}

const initial: PatrolSettings = { isEnabled: true, mode: "builtin", rigs: [] };

/** Settings of all duties by their key; what is odd in the file counts as not said. */
export function readPatrols(town: Town): (duty: string) => PatrolSettings {
  const content = readDaemonFile(town)?.["patrols"];
  const patrols = isObject(content) ? content : {};
  const disabled = settingAt(town.settings(), "disabled_patrols");
  const off = new Set(Array.isArray(disabled) ? disabled : []);
  return (duty) => {
    const own = patrols[duty];
    const patrol = isObject(own) ? own : {};
    const { agent, interval, rigs } = patrol;
    const intervalMs = typeof interval === "string" ? parseDuration(interval) : undefined;
    return {
      ...initial,
      isEnabled: patrol["enabled"] !== false && !off.has(duty),
      mode: patrol["mode"] === "agent" ? "agent" : "builtin",
      rigs: Array.isArray(rigs) ? rigs.map(String) : [],
      ...(typeof agent === "string" && agent !== "" ? { agent } : {}),
      ...(intervalMs === undefined || intervalMs <= 0 ? {} : { intervalMs }),
    };
  };
}

/** A file that cannot be read must not stop the duties; `gt doctor` names it. */
function readDaemonFile(town: Town): Readonly<Record<string, unknown>> | undefined {
  try {
    return readJsonFile(daemonFile(town.root));
  } catch {
    return undefined;
  }
}

/** Whether the duty looks after this rig. */
export function patrolsRig(settings: PatrolSettings, rig: string): boolean {
  return settings.isEnabled && (settings.rigs.length === 0 || settings.rigs.includes(rig));
}
