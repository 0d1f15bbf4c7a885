import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { isObject, type JsonObject, readJsonFile } from "../../core/town/json-file.ts";
import type { Address } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";

/** Events in which people write their own hooks: the vocabulary of Claude's settings (spec/03 §4.7). */
export const userEvents = [
  "PreToolUse",
  "PostToolUse",
  "SessionStart",
  "UserPromptSubmit",
  "PreCompact",
  "Stop",
  "SessionEnd",
  "WorktreeCreate",
  "WorktreeRemove",
] as const;
export type UserEvent = (typeof userEvents)[number];

/** Hooks of a person for one event and matcher. */
export interface UserHook {
  readonly event: UserEvent;
  readonly matcher: string;
  /** Each with a `command`, perhaps a `timeout` in seconds. */
  readonly hooks: readonly JsonObject[];
}

export interface UserHooks {
  readonly hooks: readonly UserHook[];
  /** Names of the files that have a say, weakest first. */
  readonly sources: readonly string[];
}

export const hookTargets = ["mayor", "deacon", "crew", "witness", "refinery", "polecats"] as const;
export type HookTarget = (typeof hookTargets)[number];

/** Whose hooks an agent gets: boot and the dogs live in the deacon's house. */
export function targetOfAgent({ role }: Pick<Address, "role">): HookTarget {
  if (role === "polecat") return "polecats";
  return role === "boot" || role === "dog" || role === "overseer" ? "deacon" : role;
}

export const userHooksDirectory = (env: NodeJS.ProcessEnv): string =>
  env["GT_HOME"] || join(env["HOME"] ?? homedir(), ".gt");

export const baseFile = (env: NodeJS.ProcessEnv): string => join(userHooksDirectory(env), "hooks-base.json");

/** The file of an override: `crew`, or `<rig>/crew` for one rig. Throws `E_USAGE` for anything else. */
export function overrideFile(env: NodeJS.ProcessEnv, town: Town, word: string): string {
  const { rig, target } = parseTarget(town, word);
  const name = rig === "" ? target : `${rig}__${target}`;
  return join(userHooksDirectory(env), "hooks-overrides", `${name}.json`);
}

/** Reads `crew`, `polecat`, `web/refinery`, ... */
export function parseTarget(town: Town, word: string): { readonly rig: string; readonly target: HookTarget } {
  const [first = "", second] = word.split("/");
  const name = second ?? first;
  const target = hookTargets.find((each) => each === (name === "polecat" ? "polecats" : name));
  const isOfRig = second !== undefined;
  const isTownRole = target === "mayor" || target === "deacon";
  if (target === undefined || (isOfRig && (isTownRole || town.findRig(first) === undefined)))
    throw new GtError(
      "E_USAGE",
      `invalid target "${word}"; valid targets are ${[...hookTargets, "<rig>/<role>"].join(", ")}`,
      { exitCode: 2, hint: "gt hooks list" },
    );
  return { rig: isOfRig ? first : "", target };
}

/** Number of override files, whether anybody uses them or not. */
export function countOverrides(env: NodeJS.ProcessEnv): number {
  try {
    return readdirSync(join(userHooksDirectory(env), "hooks-overrides")).filter((name) =>
      name.endsWith(".json"),
    ).length;
  } catch {
    return 0; // nobody has overridden anything
  }
}

/**
 * A person's hooks for an agent: the base, then the role's override, then the rig's (spec/03 §4.7). The same event and
 * matcher replaces, an empty list removes. `E_HOOKS_FILE` names the file that is wrong.
 */
export function readUserHooks(env: NodeJS.ProcessEnv, agent: Pick<Address, "role" | "rig">): UserHooks {
  const target = targetOfAgent(agent);
  const overrides = join(userHooksDirectory(env), "hooks-overrides");
  const files = [
    { name: "base", file: baseFile(env) },
    { name: target, file: join(overrides, `${target}.json`) },
    ...(agent.rig === ""
      ? []
      : [{ name: `${agent.rig}/${target}`, file: join(overrides, `${agent.rig}__${target}.json`) }]),
  ];
  const merged = new Map<string, UserHook>();
  const sources: string[] = [];
  for (const { name, file } of files) {
    if (!existsSync(file)) continue;
    sources.push(name);
    for (const hook of readHooks(file)) {
      const key = `${hook.event}\n${hook.matcher}`;
      if (hook.hooks.length === 0) merged.delete(key);
      else merged.set(key, hook);
    }
  }
  return { hooks: [...merged.values()], sources };
}

/** The hooks in one file of a person, checked. */
export function readHooks(file: string): readonly UserHook[] {
  const content = readContent(file);
  const events = isObject(content["hooks"]) ? content["hooks"] : content;
  const found: UserHook[] = [];
  for (const [name, entries] of Object.entries(events)) {
    const event = userEvents.find((each) => each === name);
    if (event === undefined) throw wrong(file, `${name} is no event`, [`events: ${userEvents.join(", ")}`]);
    if (!Array.isArray(entries)) throw wrong(file, `${name} must be a list`);
    for (const [index, entry] of entries.entries()) {
      const where = `${name}[${index}]`;
      const hook = readHook(file, where, event, entry);
      if (found.some((other) => other.event === event && other.matcher === hook.matcher))
        throw new GtError("E_HOOKS_FILE", `duplicate matcher "${hook.matcher}" for ${event} in ${file}`, {
          hint: `$EDITOR ${file}`,
        });
      found.push(hook);
    }
  }
  return found;
}

function readHook(file: string, where: string, event: UserEvent, entry: unknown): UserHook {
  const matcher = isObject(entry) ? (entry["matcher"] ?? "") : undefined;
  const hooks = isObject(entry) ? entry["hooks"] : undefined;
  if (typeof matcher !== "string" || !Array.isArray(hooks))
    throw wrong(file, `${where} needs a text "matcher" and a list "hooks"`);
  const commands = hooks.filter(isObject);
  if (commands.length !== hooks.length || commands.some(({ command }) => typeof command !== "string"))
    throw wrong(file, `${where}.hooks: each needs a "command"`);
  return { event, matcher, hooks: commands };
}

function readContent(file: string): JsonObject {
  try {
    return readJsonFile(file) ?? {};
  } catch (error) {
    throw wrong(file, "it is not valid JSON", [error instanceof Error ? error.message : String(error)]);
  }
}

function wrong(file: string, problem: string, why: readonly string[] = []): GtError {
  return new GtError("E_HOOKS_FILE", `${file}: ${problem}`, { why, hint: `$EDITOR ${file}` });
}
