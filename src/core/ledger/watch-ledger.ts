import { basename, dirname } from "node:path";
import { watch } from "chokidar";
import type { Ledger } from "./ledger.ts";

/** Several writes in a row are reported once, this long after the first. */
const coalesceMs = 25;

export interface LedgerWatch {
  close(): Promise<void>;
}

/**
 * Calls `onChange` soon after anybody wrote to the ledger; it may also be called when nothing changed. Subscribers read
 * what is new with `changes(since)`, so that nothing is lost while they were away (spec/01 §7.4).
 */
export function watchLedger(ledger: Ledger, onChange: () => void): LedgerWatch {
  let timer: NodeJS.Timeout | undefined;
  const notify = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, coalesceMs);
  };
  // The log of SQLite comes and goes, so the directory is watched and everything else in it left out.
  const directory = dirname(ledger.path);
  const names = new Set([basename(ledger.path), `${basename(ledger.path)}-wal`]);
  const watcher = watch(directory, {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => path !== directory && !names.has(basename(path)),
  });
  watcher.on("all", notify);
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
    },
  };
}
