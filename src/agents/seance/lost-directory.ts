import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Town } from "../../core/town/town.ts";

const leftoverMs = 24 * 3_600_000;

/** A stand-in for a directory that is gone, with the conversation where the runtime looks for it. */
export interface StandIn {
  readonly cwd: string;
  remove(): void;
}

/** Folder of Claude Code's conversations of a directory. */
export const claudeFolder = (configDir: string, cwd: string): string =>
  join(configDir, "projects", cwd.replace(/[^A-Za-z0-9]/g, "-"));

/**
 * An empty directory in the town's runtime folder from which Claude Code finds the conversation, though the worktree in
 * which it was held has been removed (spec/03 §9.5). Leftovers of talks that died are swept.
 */
export function standInFor(
  town: Town,
  conversation: { readonly id: string; readonly transcript: string; readonly configDir: string },
): StandIn {
  const { id, transcript, configDir } = conversation;
  const root = join(town.paths.runtime, "seance");
  sweep(root, configDir);
  const cwd = join(root, `${id}-${process.pid}`);
  const folder = claudeFolder(configDir, cwd);
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  symlinkSync(transcript, join(folder, `${id}.jsonl`));
  return { cwd, remove: () => removeStandIn(cwd, folder) };
}

function sweep(root: string, configDir: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(root);
  } catch {
    return; // nobody ever asked a predecessor without a directory
  }
  for (const name of names) {
    const cwd = join(root, name);
    const age = Date.now() - (statSync(cwd, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > leftoverMs) removeStandIn(cwd, claudeFolder(configDir, cwd));
  }
}

function removeStandIn(cwd: string, folder: string): void {
  for (const path of [cwd, folder]) rmSync(path, { recursive: true, force: true });
}
