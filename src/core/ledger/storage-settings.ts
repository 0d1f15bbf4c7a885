import { parseDuration } from "../duration.ts";
import type { OpenLedgerOptions } from "./open-ledger.ts";
import { settingsIfSet } from "./settings-if-set.ts";

export type StorageOptions = Pick<
  OpenLedgerOptions,
  "synchronous" | "allowNetworkFileSystem" | "tombstoneTtlMs" | "patienceMs"
>;

/**
 * How the database is to be opened: `storage.synchronous`, `storage.allow-network-fs`, `storage.busy-wait` (spec/01 §7.1) and
 * `sync.tombstone-ttl` (§9.3).
 */
export async function storageOptions(beadsDir: string, env: NodeJS.ProcessEnv): Promise<StorageOptions> {
  const settings = await settingsIfSet(beadsDir, env, [
    "storage.synchronous",
    "storage.allow-network-fs",
    "storage.busy-wait",
    "sync.tombstone-ttl",
  ]);
  if (settings === undefined) return {};
  const patienceMs = parseDuration(settings.text("storage.busy-wait"));
  return {
    synchronous: settings.text("storage.synchronous") === "full" ? "full" : "normal",
    tombstoneTtlMs: parseDuration(settings.text("sync.tombstone-ttl")),
    ...(patienceMs === undefined ? {} : { patienceMs }),
    allowNetworkFileSystem: settings.isOn("storage.allow-network-fs"),
  };
}
