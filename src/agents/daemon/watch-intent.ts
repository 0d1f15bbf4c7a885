import { basename, join } from "node:path";
import { watch } from "chokidar";
import type { Town } from "../../core/town/town.ts";

const names = new Set(["desired.json", "config.json", "rigs.json", "daemon.json", "deacon-paused.json"]);
const settleMs = 50;

/** Calls back when a file changes that says what the human wants: desired state, settings, rigs, emergency stops. */
export function watchIntent(town: Town, onChange: () => void): { close(): Promise<void> } {
  const directories = [town.root, town.paths.daemon, join(town.root, "settings"), join(town.root, "mayor")];
  const isRelevant = (path: string): boolean =>
    directories.includes(path) || names.has(basename(path)) || basename(path).startsWith("ESTOP");
  const watcher = watch(directories, {
    ignoreInitial: true,
    depth: 0,
    persistent: true,
    ignored: (path) => !isRelevant(path),
  });
  let timer: NodeJS.Timeout | undefined;
  watcher.on("all", (_event, path) => {
    if (directories.includes(path)) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, settleMs);
  });
  return {
    close: async () => {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
