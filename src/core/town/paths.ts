import { join } from "node:path";
import type { TownPaths } from "./town.ts";

/** Where everything of a town lies (spec/07 §4.1). `GT_LEDGER_DIR` moves the database file alone. */
export function townPaths(root: string, env: NodeJS.ProcessEnv = process.env): TownPaths {
  const beads = join(root, ".beads");
  const runtime = join(root, ".runtime");
  return {
    root,
    beads,
    ledger: join(env["GT_LEDGER_DIR"] || beads, "beads.db"),
    events: join(root, ".events.jsonl"),
    feed: join(root, ".feed.jsonl"),
    runtime,
    locks: join(runtime, "locks"),
    sessions: join(runtime, "sessions"),
    logs: join(root, "logs"),
    daemon: join(root, "daemon"),
    lostAndFound: join(root, "lost+found"),
  };
}

export const townFile = (root: string): string => join(root, "mayor", "town.json");
export const registryFile = (root: string): string => join(root, "mayor", "rigs.json");
export const overseerFile = (root: string): string => join(root, "mayor", "overseer.json");
export const daemonFile = (root: string): string => join(root, "mayor", "daemon.json");
export const townSettingsFile = (root: string): string => join(root, "settings", "config.json");
export const rigFile = (root: string, rig: string): string => join(root, rig, "config.json");
export const rigSettingsFile = (root: string, rig: string): string =>
  join(root, rig, "settings", "config.json");
export const rigLocalFile = (root: string, rig: string): string =>
  join(root, ".beads-wisp", "config", `${rig}.json`);
export const projectSettingsFile = (root: string, rig: string): string =>
  join(root, rig, "mayor", "rig", ".gastown", "settings.json");
