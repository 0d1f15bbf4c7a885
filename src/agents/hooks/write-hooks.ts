import { chmod } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { openGit } from "../../core/git/git.ts";
import { excludePatterns } from "../../core/git/repository.ts";
import { GtError } from "../../core/gt-error.ts";
import { type Address, agentHome } from "../../core/town/address.ts";
import { type JsonObject, readJsonFile } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { hookEvents } from "./hook-event.ts";
import { extensionSource, hookCommand, isFileProvider, withOurHooks } from "./hook-files.ts";
import { readUserHooks } from "./user-hooks.ts";

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

/** One file as it should be. */
export interface HookFile {
  readonly path: string;
  readonly text: string;
  /** As it is; undefined when it is missing. */
  readonly found: string | undefined;
  /** Run by the runtime as a program. */
  readonly isScript?: boolean;
}

/** What a runtime needs of us so that it runs our hooks, and what is there. */
export interface HookPlan {
  readonly isActive: boolean;
  /** The file that the runtime reads, which may be the project's own. */
  readonly file?: string;
  readonly isTracked: boolean;
  readonly files: readonly HookFile[];
  readonly env: Readonly<Record<string, string>>;
  readonly settingsFile?: string;
  /** Names of a person's files that have a say. */
  readonly overrides: readonly string[];
}

const nothing: HookPlan = { isActive: false, isTracked: false, files: [], env: {}, overrides: [] };

/**
 * The runtime's hooks files as they should be (spec/03 §4.5, §4.6). Only our entries differ from what is there; a file
 * that the project tracks is never modified, and one that cannot be read is `E_HOOKS_FILE`. Changes nothing.
 */
export async function planHooks(
  town: Town,
  address: Address,
  runtime: Runtime,
  gt: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<HookPlan> {
  const provider = runtime.hooksProvider;
  if (provider === "none" || runtime.hooksInformational) return nothing;
  const hooks = join(town.paths.runtime, "hooks");
  if (provider === "opencode" || provider === "pi" || provider === "omp") {
    const file = fileAt(extensionFile(provider, hooks), extensionSource(provider, gt));
    const variables: Record<string, string> =
      provider === "opencode" ? { OPENCODE_CONFIG_DIR: join(hooks, "opencode") } : {};
    // The extension asks gt, and gt runs what a person ordered: the file is the same for all roles.
    const { sources: overrides } = readUserHooks(env, address);
    return { ...nothing, isActive: true, file: file.path, files: [file], env: variables, overrides };
  }
  if (!isFileProvider(provider)) return nothing;
  const users = readUserHooks(env, address);
  const scripts = join(hooks, "auggie");
  const ours = { gt, scripts, users: users.hooks };
  const path = hooksFileOf(town, address, runtime);
  if (provider !== "claude" && (await isTracked(path, address, town))) {
    if (provider !== "gemini") return { ...nothing, file: path, isTracked: true };
    const own = join(hooks, "gemini", `${address.rig}-${address.role}-${address.name}.json`);
    return {
      ...{ isActive: true, file: own, isTracked: true, overrides: users.sources },
      files: [fileAt(own, render(withOurHooks(provider, {}, ours)))],
      env: { GEMINI_CLI_SYSTEM_DEFAULTS_PATH: own },
    };
  }
  const main = fileAt(path, render(withOurHooks(provider, readHooksFile(path), ours)));
  const programs = provider === "auggie" ? hookEvents.map((event) => script(scripts, gt, event)) : [];
  return {
    ...{ isActive: true, file: path, isTracked: false, env: {}, overrides: users.sources },
    files: [...programs, main],
    ...(provider === "claude" ? { settingsFile: path } : {}),
  };
}

/** Writes what `planHooks` says; what is as it should be is not touched. */
export async function writeHooks(
  town: Town,
  address: Address,
  runtime: Runtime,
  gt: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<HookPlace> {
  const plan = await planHooks(town, address, runtime, gt, env);
  await carryOut(town, address, plan);
  return {
    ...{ isActive: plan.isActive, env: plan.env, outcome: outcomeOf(plan) },
    ...(plan.file === undefined ? {} : { file: plan.file }),
    ...(plan.settingsFile === undefined ? {} : { settingsFile: plan.settingsFile }),
  };
}

/** Brings the files of a plan up to date. */
export async function carryOut(town: Town, address: Address, plan: HookPlan): Promise<void> {
  for (const { path, text, found, isScript } of plan.files) {
    if (found !== text) await writeFileAtomic(path, text, { mode: isScript ? 0o755 : 0o600 });
    if (isScript) await chmod(path, 0o755);
  }
  // Claude's settings and our own folder are in no worktree.
  const isInWorktree = plan.settingsFile === undefined && !plan.isTracked;
  if (isInWorktree && plan.file !== undefined && !plan.file.startsWith(town.paths.runtime))
    await exclude(plan.file, address, town);
}

export function outcomeOf({ files, isTracked }: HookPlan): HookPlace["outcome"] {
  if (isTracked) return "tracked";
  if (files.length === 0) return "none";
  if (files.every(({ text, found }) => text === found)) return "unchanged";
  return files.at(-1)?.found === undefined ? "created" : "updated";
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

/** A program of two lines, for a runtime that runs files without arguments. */
function script(scripts: string, gt: string, event: (typeof hookEvents)[number]): HookFile {
  const text = `#!/bin/sh\nexec ${hookCommand(gt, "auggie", event)}\n`;
  return { ...fileAt(join(scripts, `${event}.sh`), text), isScript: true };
}

function fileAt(path: string, text: string): HookFile {
  return { path, text, found: existsSync(path) ? readFileSync(path, "utf8") : undefined };
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
