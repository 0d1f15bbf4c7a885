import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { withLock } from "../../core/lock/lock.ts";
import { didYouMean, nearestNames } from "../../core/nearest-name.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { isObject, type JsonObject, readJsonFile, writeJsonFile } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { presets } from "../runtimes/presets.ts";

/** A login of a person with a provider: a directory of its own for the runtime (spec/03 §10.3). Holds no credentials. */
export interface Account {
  readonly handle: string;
  readonly email: string;
  readonly description: string;
  readonly configDir: string;
  /** The built-in runtime that it is for. */
  readonly provider: string;
}

export interface Accounts {
  readonly accounts: ReadonlyMap<string, Account>;
  /** Handle of the one that is used when nobody says which. */
  readonly default: string | undefined;
}

const fileOf = (town: Town): string => join(town.root, "mayor", "accounts.json");

/** The registered accounts; `E_CONFIG` names the file and entry that is wrong. */
export function readAccounts(town: Town): Accounts {
  const content = readJsonFile(fileOf(town)) ?? {};
  const entries = isObject(content["accounts"]) ? Object.entries(content["accounts"]) : [];
  const accounts = new Map(entries.map(([handle, value]) => [handle, accountOf(town, handle, value)]));
  const preferred = content["default"];
  return {
    accounts,
    default: typeof preferred === "string" && accounts.has(preferred) ? preferred : undefined,
  };
}

function accountOf(town: Town, handle: string, value: unknown): Account {
  const record = isObject(value) ? value : {};
  const word = (key: string): string => (typeof record[key] === "string" ? record[key] : "");
  if (word("config_dir") === "")
    throw new GtError("E_CONFIG", `${fileOf(town)}: accounts.${handle}.config_dir: a directory is needed`, {
      hint: "gt account list",
    });
  return {
    handle,
    email: word("email"),
    description: word("description"),
    configDir: word("config_dir").replace(/^~(?=\/)/, homedir()),
    provider: word("provider") || "claude",
  };
}

/** The account of that handle, or `E_ACCOUNT` with the nearest ones. */
export function expectAccount({ accounts }: Accounts, handle: string): Account {
  const found = accounts.get(handle);
  if (found !== undefined) return found;
  const near = didYouMean(nearestNames(handle, [...accounts.keys()]));
  throw new GtError("E_ACCOUNT", `account '${sanitiseLine(handle)}' not found${near}`, {
    hint: "gt account list",
  });
}

export interface NewAccount {
  readonly handle: string;
  readonly email: string;
  readonly description: string;
  readonly provider: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Registers an account with an empty directory of its own; the first one becomes the default. */
export async function addAccount(town: Town, request: NewAccount): Promise<Account> {
  const { handle, email, description, provider, env } = request;
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(handle))
    throw new GtError("E_ACCOUNT", `invalid account name "${sanitiseLine(handle)}"`, {
      why: ["lower-case letters, digits, dots, hyphens and underscores"],
    });
  if (presets.get(provider)?.configDirEnv === undefined)
    throw new GtError("E_ACCOUNT", `'${sanitiseLine(provider)}' has no directory for each account`, {
      why: [`runtimes with one: ${withDirectories().join(", ")}`],
    });
  const configDir = join(env["HOME"] ?? homedir(), `.${provider}-accounts`, handle);
  await change(town, (content) => {
    const accounts = isObject(content["accounts"]) ? content["accounts"] : {};
    if (Object.hasOwn(accounts, handle))
      throw new GtError("E_ACCOUNT", `account '${handle}' already exists`, { hint: "gt account list" });
    mkdirSync(configDir, { recursive: true, mode: 0o700 });
    return {
      ...content,
      accounts: { ...accounts, [handle]: { email, description, config_dir: configDir, provider } },
      default: content["default"] ?? handle,
    };
  });
  return { handle, email, description, configDir, provider };
}

export async function setDefaultAccount(town: Town, handle: string): Promise<void> {
  expectAccount(readAccounts(town), handle);
  await change(town, (content) => ({ ...content, default: handle }));
}

async function change(town: Town, edit: (content: JsonObject) => JsonObject): Promise<void> {
  const lock = { waitMs: 10_000, kind: "config", subject: "the accounts" };
  await withLock(town.paths.locks, "config", lock, async () => {
    await writeJsonFile(fileOf(town), edit(readJsonFile(fileOf(town)) ?? { version: 1, accounts: {} }));
  });
}

/** What a person types once to log in. */
export function loginCommand({ provider, configDir }: Account): string {
  const preset = presets.get(provider);
  const login = provider === "codex" ? " login" : "";
  return `${preset?.configDirEnv ?? ""}=${configDir} ${preset?.command ?? provider}${login}`;
}

const withDirectories = (): readonly string[] =>
  [...presets.values()].filter(({ configDirEnv }) => configDirEnv !== undefined).map(({ name }) => name);
