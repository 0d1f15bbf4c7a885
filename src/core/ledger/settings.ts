import { existsSync, readFileSync } from "node:fs";
import { isScalar, parseDocument } from "yaml";
import { GtError } from "../gt-error.ts";
import { settingsFiles } from "./settings-files.ts";

/** Where a setting's value comes from, strongest first (spec/01 §10.9). */
export type SettingSource = "environment" | "local" | "project" | "user" | "ledger" | "default";

export interface Setting {
  readonly key: string;
  readonly value: string;
  readonly source: SettingSource;
}

/** Keys kept in the database; all others live in `config.yaml`. */
const ledgerKeys: ReadonlySet<string> = new Set([
  "issue_prefix",
  "status.custom",
  "types.custom",
  "types.infra",
  "min_hash_length",
  "max_hash_length",
  "max_collision_prob",
]);

export const defaultSettings: Readonly<Record<string, string>> = {
  min_hash_length: "5",
  max_hash_length: "8",
  max_collision_prob: "0.25",
  "hierarchy.max-depth": "3",
  "validation.on-create": "none",
  "validation.on-close": "none",
  "create.require-description": "false",
  "mail.delegate": "gt mail",
  "export.auto": "true",
  "import.orphan-handling": "allow",
  "sync.mode": "branch",
  "sync.branch": "beads-sync",
  "sync.remote": "origin",
  "sync.interval": "5m",
  "sync.mass-delete-guard": "true",
  "sync.tombstone-ttl": "30d",
  "no-push": "false",
  "no-git-ops": "false",
  "git.sign": "false",
  "hooks.trust": "false",
  "storage.synchronous": "normal",
  "storage.allow-network-fs": "false",
  /** How long a write waits for other writers before it gives up. */
  "storage.busy-wait": "30s",
  "output.title-length": "255",
  json: "false",
};

/** Whether the database holds this key (`wisp_ttl.<type>` too). */
export function isLedgerKey(key: string): boolean {
  return ledgerKeys.has(key) || key.startsWith("wisp_ttl.");
}

/** What the settings of a ledger are read from. */
export interface SettingPlace {
  /** Directory of `config.yaml`. */
  readonly beadsDir: string;
  /** Holds the ledger keys; without it they have their defaults. */
  readonly ledger?: { configs(): Promise<ReadonlyMap<string, string>> };
}

/** The settings as they hold for a ledger. */
export class Settings {
  readonly #env: NodeJS.ProcessEnv;
  readonly #layers: readonly (readonly [SettingSource, ReadonlyMap<string, string>])[];

  private constructor(env: NodeJS.ProcessEnv, layers: Settings["layers"]) {
    this.#env = env;
    this.#layers = layers;
  }

  static async read({ beadsDir, ledger }: SettingPlace, env: NodeJS.ProcessEnv): Promise<Settings> {
    return new Settings(env, [
      ...settingsFiles(beadsDir, env).map(([source, file]) => [source, readSettingsFile(file)] as const),
      ["ledger", (await ledger?.configs()) ?? new Map<string, string>()],
      ["default", new Map(Object.entries(defaultSettings))],
    ]);
  }

  /** The settings without those that come with a clone. */
  withoutProject(): Settings {
    return new Settings(
      this.#env,
      this.#layers.filter(([source]) => source !== "project"),
    );
  }

  get layers(): readonly (readonly [SettingSource, ReadonlyMap<string, string>])[] {
    return this.#layers;
  }

  get(key: string): Setting | undefined {
    const fromEnv = this.#env[`BD_${key.replace(/[.-]/g, "_").toUpperCase()}`];
    if (fromEnv !== undefined && fromEnv !== "") return { key, value: fromEnv, source: "environment" };
    for (const [source, values] of this.#layers) {
      const value = values.get(key);
      if (value !== undefined) return { key, value, source };
    }
    return undefined;
  }

  text(key: string): string {
    return this.get(key)?.value ?? "";
  }

  isOn(key: string): boolean {
    return ["true", "on", "yes", "1"].includes(this.text(key).toLowerCase());
  }

  /** Every key that is set anywhere, with the value that holds. */
  all(options: { readonly withDefaults: boolean }): readonly Setting[] {
    const layers = options.withDefaults
      ? this.#layers
      : this.#layers.filter(([source]) => source !== "default");
    const keys = new Set(layers.flatMap(([, values]) => [...values.keys()]));
    return [...keys].toSorted().flatMap((key) => this.get(key) ?? []);
  }
}

/** Flat keys of a YAML file: `sync: {mode: branch}` and `sync.mode: branch` are equal. */
export function readSettingsFile(file: string): ReadonlyMap<string, string> {
  if (!existsSync(file)) return new Map();
  const document = parseDocument(readFileSync(file, "utf8"));
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new GtError("E_CONFIG", `${file} cannot be read`, { why: [problem.message.split("\n")[0] ?? ""] });
  }
  return new Map(flatten(document.toJS() as unknown, ""));
}

function flatten(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [[path, value.map(String).join(",")]];
  if (typeof value !== "object") return path === "" ? [] : [[path, String(value)]];
  return Object.entries(value).flatMap(([key, item]) => flatten(item, path === "" ? key : `${path}.${key}`));
}

/** The file's text with one key set or, with null, removed; comments and other keys stay. */
export function changedSettingsText(text: string, key: string, value: string | null): string {
  const document = parseDocument(text);
  const path = [key.split("."), [key]].find((candidate) => isScalar(document.getIn(candidate, true))) ?? [
    key,
  ];
  if (value === null) document.deleteIn(path);
  else document.setIn(path, typed(value));
  return document.contents === null ? text : String(document);
}

function typed(value: string): string | number | boolean {
  if (value === "true" || value === "false") return value === "true";
  return /^(?:0|[1-9]\d{0,14})$/.test(value) ? Number(value) : value;
}
