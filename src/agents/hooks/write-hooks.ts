import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { openGit } from "../../core/git/git.ts";
import { excludePatterns } from "../../core/git/repository.ts";
import { GtError } from "../../core/gt-error.ts";
import { type Address, agentHome } from "../../core/town/address.ts";
import { type JsonObject, readJsonFile } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { extensionSource, isFileProvider, withOurHooks } from "./hook-files.ts";

export interface HookPlace {
  /** The runtime will run our hooks. */
  readonly isActive: boolean;
  readonly file?: string;
  /** Value of `--settings`, for claude. */
  readonly settingsFile?: string;
  /** Variables that make the runtime find the file. */
  readonly env: Readonly<Record<string, string>>;
  readonly outcome: "created" | "updated" | "unchanged" | "tracked" | "none";
}

const none: HookPlace = { isActive: false, env: {}, outcome: "none" };

/**
 * Writes the runtime's hooks file where it looks for it (spec/03 §4.5, §4.6). Only our entries are touched; a file that
 * the project tracks is never modified, and one that cannot be read stops the start: `E_HOOKS_FILE`.
 */
export async function writeHooks(
  town: Town,
  address: Address,
  runtime: Runtime,
  gt: string,
): Promise<HookPlace> {
  const provider = runtime.hooksProvider;
  if (provider === "none" || runtime.hooksInformational) return none;
  const hooks = join(town.paths.runtime, "hooks");
  if (provider === "opencode" || provider === "pi" || provider === "omp") {
    const file = extensionFile(provider, hooks);
    const outcome = await writeText(file, extensionSource(provider, gt));
    const env: Record<string, string> =
      provider === "opencode" ? { OPENCODE_CONFIG_DIR: join(hooks, "opencode") } : {};
    return { isActive: true, file, env, outcome };
  }
  // An executable file per event, for a runtime that takes no arguments: not written yet.
  if (!isFileProvider(provider)) return none;
  const file = hooksFileOf(town, address, runtime);
  if (provider !== "claude" && (await isTracked(file, address, town))) {
    if (provider !== "gemini") return { ...none, file, outcome: "tracked" };
    const own = join(hooks, "gemini", `${address.rig}-${address.role}-${address.name}.json`);
    await writeText(own, render(withOurHooks(provider, {}, gt)));
    return { isActive: true, file: own, env: { GEMINI_CLI_SYSTEM_DEFAULTS_PATH: own }, outcome: "tracked" };
  }
  const outcome = await writeText(file, render(withOurHooks(provider, readHooksFile(file), gt)));
  if (provider !== "claude") await exclude(file, address, town);
  return { isActive: true, file, env: {}, outcome, ...(provider === "claude" ? { settingsFile: file } : {}) };
}

/** Claude's settings belong to the role, never to a worktree; the others look in the worktree. */
export function hooksFileOf(town: Town, address: Address, runtime: Runtime): string {
  if (runtime.hooksProvider === "claude")
    return join(roleDirectory(town, address), ".claude", "settings.json");
  return join(agentHome(town, address) ?? town.root, runtime.hooksFile ?? "");
}

function roleDirectory(town: Town, { role, rig }: Address): string {
  switch (role) {
    case "polecat":
      return town.rig(rig).polecats;
    case "crew":
      return town.rig(rig).crew;
    case "witness":
    case "refinery":
      return join(town.root, rig, role);
    case "mayor":
      return join(town.root, "mayor");
    default:
      return join(town.root, "deacon");
  }
}

function extensionFile(provider: "opencode" | "pi" | "omp", hooks: string): string {
  return provider === "opencode"
    ? join(hooks, "opencode", "plugins", "gastown.js")
    : join(hooks, `gastown-${provider}.ts`);
}

function readHooksFile(file: string): JsonObject {
  try {
    return readJsonFile(file) ?? {};
  } catch (error) {
    throw new GtError(
      "E_HOOKS_FILE",
      `hooks file ${file} is not valid JSON: fix or remove it (integrity violation)`,
      { hint: `$EDITOR ${file}`, cause: error },
    );
  }
}

async function writeText(file: string, text: string): Promise<"created" | "updated" | "unchanged"> {
  const before = existsSync(file) ? await readFile(file, "utf8") : undefined;
  if (before === text) return "unchanged";
  await writeFileAtomic(file, text, { mode: 0o600 });
  return before === undefined ? "created" : "updated";
}

const render = (value: JsonObject): string => `${JSON.stringify(value, null, 2)}\n`;

async function isTracked(file: string, address: Address, town: Town): Promise<boolean> {
  const home = agentHome(town, address);
  if (home === undefined || !existsSync(join(home, ".git"))) return false;
  const listed = await openGit(home).raw(["ls-files", "--", relative(home, file)]);
  return listed.trim() !== "";
}

/** Hides the file from the project's git without touching its `.gitignore`. */
async function exclude(file: string, address: Address, town: Town): Promise<void> {
  const home = agentHome(town, address);
  if (home === undefined || !existsSync(join(home, ".git"))) return;
  const common = await openGit(home).raw(["rev-parse", "--path-format=absolute", "--git-common-dir"]);
  excludePatterns(common.trim(), [`/${relative(home, file)}`]);
}
