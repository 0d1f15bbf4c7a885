import { type LockOptions, withLock } from "../lock/lock.ts";
import { isObject, type JsonObject, readJsonFile, writeJsonFile } from "./json-file.ts";
import { registryFile } from "./paths.ts";
import { checkVersion, type RegistryEntry } from "./registry.ts";
import type { Town } from "./town.ts";

const lockOptions: LockOptions = { waitMs: 10_000, subject: "the registry of rigs" };

/** Runs `work` while nobody else can add or remove rigs or take prefixes (spec/07 §4.3). Short work only. */
export function withRegistryLock<T>(town: Town, kind: string, work: () => T | Promise<T>): Promise<T> {
  return withLock(town.paths.locks, "registry", { ...lockOptions, kind }, work);
}

/** Adds or replaces an entry, or removes it (`undefined`). Keys that we do not know stay. Needs the registry lock. */
export async function writeRegistryEntry(
  root: string,
  name: string,
  entry: RegistryEntry | undefined,
): Promise<void> {
  const file = registryFile(root);
  const content: JsonObject = readJsonFile(file) ?? { version: 1, rigs: {} };
  checkVersion(content, 1, file);
  const rigs: JsonObject = isObject(content["rigs"]) ? { ...content["rigs"] } : {};
  if (entry === undefined) delete rigs[name];
  else rigs[name] = { ...(isObject(rigs[name]) ? rigs[name] : {}), ...entry };
  await writeJsonFile(file, { ...content, rigs }, { mode: 0o600 });
}
