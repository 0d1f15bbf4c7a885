import { join } from "node:path";
import { GtError } from "../gt-error.ts";
import { isObject, type JsonObject, readJsonFile } from "./json-file.ts";
import { registryFile, rigFile } from "./paths.ts";
import type { Rig } from "./town.ts";

/** One entry of `mayor/rigs.json` (spec/07 §4.4). Empty optional keys are left out of the file. */
export interface RegistryEntry {
  readonly git_url: string;
  readonly push_url?: string;
  readonly upstream_url?: string;
  readonly local_repo?: string;
  readonly added_at: string;
  readonly beads: { readonly repo: "local"; readonly prefix: string };
}

const newestVersion = 1;

/** The registry is the only list of rigs: a directory is not a rig until it is here. */
export function readRegistry(root: string): readonly Rig[] {
  const file = registryFile(root);
  const content = readOwnFile(file);
  if (!content) return [];
  checkVersion(content, newestVersion, file);
  const rigs = isObject(content["rigs"]) ? content["rigs"] : {};
  return Object.entries(rigs)
    .map(([name, entry]) => toRig(root, name, entry, file))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Nobody writes this file by hand: what helps when it is broken is not an editor. */
function readOwnFile(file: string): JsonObject | undefined {
  try {
    return readJsonFile(file);
  } catch (error) {
    if (!(error instanceof GtError)) throw error;
    throw new GtError(error.code, error.message, { why: error.why, hint: "gt doctor --fix", cause: error });
  }
}

/** `E_VERSION` for a file written by a newer program (spec/07 §4.3). */
export function checkVersion(content: JsonObject, newest: number, file: string): void {
  const version = content["version"];
  if (typeof version !== "number" || version <= newest) return;
  throw new GtError("E_VERSION", `${file} has version ${version}; this program knows up to ${newest}`, {
    why: ["it was written by a newer gastown"],
    hint: "npm install -g gastown",
  });
}

function toRig(root: string, name: string, entry: unknown, file: string): Rig {
  if (!isObject(entry) || !isObject(entry["beads"]) || typeof entry["beads"]["prefix"] !== "string") {
    throw new GtError("E_CONFIG", `${file}: rig "${name}" has no beads.prefix`, {
      hint: "gt doctor --fix",
      details: { file, key: `rigs.${name}.beads.prefix` },
    });
  }
  const path = join(root, name);
  const gitUrl = text(entry["git_url"]);
  return {
    name,
    path,
    prefix: entry["beads"]["prefix"],
    gitUrl,
    pushUrl: text(entry["push_url"]) || gitUrl,
    defaultBranch: defaultBranch(root, name),
    repository: join(path, ".repo.git"),
    reference: join(path, "mayor", "rig"),
    refinery: join(path, "refinery", "rig"),
    polecats: join(path, "polecats"),
    crew: join(path, "crew"),
    runtime: join(path, ".runtime"),
    addedAt: Date.parse(text(entry["added_at"])) || 0,
  };
}

/** The rig's own file is right about the default branch (spec/07 §4.5). */
function defaultBranch(root: string, name: string): string {
  return text(readJsonFile(rigFile(root, name))?.["default_branch"]) || "main";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
