import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Rig } from "../../core/town/town.ts";

/** Names of the files that are copied into the root of every worktree of the rig. */
export function overlayFiles(rig: Rig): readonly string[] {
  const directory = join(rig.runtime, "overlay");
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}
