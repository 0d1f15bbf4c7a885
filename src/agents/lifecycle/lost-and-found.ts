import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Town } from "../../core/town/town.ts";

/**
 * Moves a directory that nobody understands any more to the town's `lost+found`, so that no file in it is lost
 * (spec/04 §3.3). Returns where it is now; undefined when there was nothing in it.
 */
export function putAside(town: Town, path: string, label: string, now: number): string | undefined {
  if (!existsSync(path) || readdirSync(path).length === 0) return undefined;
  mkdirSync(town.paths.lostAndFound, { recursive: true });
  const place = join(town.paths.lostAndFound, `${label}-${now}`);
  renameSync(path, place);
  return place;
}
