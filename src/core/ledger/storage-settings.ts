import { existsSync, readFileSync } from "node:fs";
import type { OpenLedgerOptions } from "./open-ledger.ts";
import { settingsFiles } from "./settings-files.ts";

export type StorageOptions = Pick<OpenLedgerOptions, "synchronous" | "allowNetworkFileSystem">;

/**
 * How the database is to be opened: `storage.synchronous` and `storage.allow-network-fs` (spec/01 §7.1). They hardly ever
 * are set, and every command asks: YAML is read only when a file mentions them.
 */
export async function storageOptions(beadsDir: string, env: NodeJS.ProcessEnv): Promise<StorageOptions> {
  const isMentioned =
    Object.keys(env).some((name) => name.startsWith("BD_STORAGE_")) ||
    settingsFiles(beadsDir, env).some(
      ([, file]) => existsSync(file) && readFileSync(file, "utf8").includes("storage"),
    );
  if (!isMentioned) return {};
  const { Settings } = await import("./settings.ts");
  const settings = await Settings.read({ beadsDir }, env);
  return {
    synchronous: settings.text("storage.synchronous") === "full" ? "full" : "normal",
    allowNetworkFileSystem: settings.isOn("storage.allow-network-fs"),
  };
}
