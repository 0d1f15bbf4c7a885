import { existsSync, readFileSync } from "node:fs";
import { parseDuration } from "../duration.ts";
import type { OpenLedgerOptions } from "./open-ledger.ts";
import { settingsFiles } from "./settings-files.ts";

export type StorageOptions = Pick<
  OpenLedgerOptions,
  "synchronous" | "allowNetworkFileSystem" | "tombstoneTtlMs"
>;

/**
 * How the database is to be opened: `storage.synchronous`, `storage.allow-network-fs` (spec/01 §7.1) and `sync.tombstone-ttl`
 * (§9.3). They hardly ever are set, and every command asks: YAML is read only when a file mentions them.
 */
export async function storageOptions(beadsDir: string, env: NodeJS.ProcessEnv): Promise<StorageOptions> {
  const isMentioned =
    Object.keys(env).some((name) => name.startsWith("BD_STORAGE_") || name === "BD_SYNC_TOMBSTONE_TTL") ||
    settingsFiles(beadsDir, env).some(
      ([, file]) => existsSync(file) && /storage|tombstone-ttl/.test(readFileSync(file, "utf8")),
    );
  if (!isMentioned) return {};
  const { Settings } = await import("./settings.ts");
  const settings = await Settings.read({ beadsDir }, env);
  return {
    synchronous: settings.text("storage.synchronous") === "full" ? "full" : "normal",
    tombstoneTtlMs: parseDuration(settings.text("sync.tombstone-ttl")),
    allowNetworkFileSystem: settings.isOn("storage.allow-network-fs"),
  };
}
