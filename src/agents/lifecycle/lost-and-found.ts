import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
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
  moveAcross(path, place);
  return place;
}

/** Moves a file or directory, also to another file system: a town may have its parts on several. */
export function moveAcross(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    rmSync(from, { recursive: true, force: true });
  }
}
