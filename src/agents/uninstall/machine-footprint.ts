import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { stateDirectory } from "../../core/town/known-towns.ts";
import { installedUnits, removeUnit } from "../daemon/supervisor.ts";
import { baseFile, userHooksDirectory } from "../hooks/user-hooks.ts";

/** Something that the program has put on this machine outside towns (spec/07 §7.5). */
export interface Footprint {
  readonly path: string;
  /** What it is, in a few words. */
  readonly what: string;
  readonly kind: "unit" | "file";
}

/** What is there now. */
export function footprints(env: NodeJS.ProcessEnv): readonly Footprint[] {
  const home = env["HOME"] || homedir();
  const own = join(home, ".gt");
  const files: readonly (readonly [path: string, what: string])[] = [
    [own, "your hooks for all towns"],
    // A directory of somebody's choice may hold more than what is ours.
    ...(userHooksDirectory(env) === own
      ? []
      : ([
          [baseFile(env), "your hooks for all towns"],
          [join(userHooksDirectory(env), "hooks-overrides"), "your hooks for single roles"],
        ] as const)),
    [stateDirectory(env), "list of towns, crash reports"],
    [join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "gastown"), "settings"],
    [join(env["XDG_CACHE_HOME"] || join(home, ".cache"), "gastown"), "cache"],
  ];
  return [
    ...installedUnits(env).map((path): Footprint => ({ path, what: "supervisor unit", kind: "unit" })),
    ...files
      .filter(([path]) => existsSync(path))
      .map(([path, what]): Footprint => ({ path, what, kind: "file" })),
  ];
}

export async function removeFootprint({ kind, path }: Footprint, env: NodeJS.ProcessEnv): Promise<void> {
  if (kind === "unit") return removeUnit(path);
  rmSync(path, { recursive: true, force: true });
  const chosen = userHooksDirectory(env);
  if (dirname(path) === chosen && existsSync(chosen) && readdirSync(chosen).length === 0) rmdirSync(chosen);
}
