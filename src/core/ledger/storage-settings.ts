import { parseDuration } from "../duration.ts";
import type { OpenLedgerOptions } from "./open-ledger.ts";
import { settingsIfSet } from "./settings-if-set.ts";

export type StorageOptions = Pick<
  OpenLedgerOptions,
  "synchronous" | "allowNetworkFileSystem" | "tombstoneTtlMs"
>;

/**
 * How the database is to be opened: `storage.synchronous`, `storage.allow-network-fs` (spec/01 §7.1) and `sync.tombstone-ttl`
 * (§9.3).
 */
export async function storageOptions(beadsDir: string, env: NodeJS.ProcessEnv): Promise<StorageOptions> {
  const settings = await settingsIfSet(beadsDir, env, [
    "storage.synchronous",
    "storage.allow-network-fs",
    "sync.tombstone-ttl",
  ]);
  if (settings === undefined) return {};
  return {
    synchronous: settings.text("storage.synchronous") === "full" ? "full" : "normal",
    tombstoneTtlMs: parseDuration(settings.text("sync.tombstone-ttl")),
    allowNetworkFileSystem: settings.isOn("storage.allow-network-fs"),
  };
}
