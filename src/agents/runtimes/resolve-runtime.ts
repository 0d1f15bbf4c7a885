import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { didYouMean, nearestNames } from "../../core/nearest-name.ts";
import { isObject, readJsonFile } from "../../core/town/json-file.ts";
import { rigSettingsFile, townSettingsFile } from "../../core/town/paths.ts";
import type { Town } from "../../core/town/town.ts";
import { parseTier, tierAgent, tierRuntime } from "./cost-tier.ts";
import { presets } from "./presets.ts";
import type { Runtime } from "./runtime.ts";
import { readRuntimeRecord } from "./runtime-record.ts";
import { splitWords } from "./split-words.ts";

export interface RuntimeRequest {
  readonly town: Town;
  readonly role: string;
  /** Empty for roles of the town. */
  readonly rig: string;
  /** Name of the worker; decides for crew members. */
  readonly name: string;
  /** `--agent`: a name, perhaps with arguments behind it. */
  readonly override?: string;
  /** `patrols.<role>.agent` of a patrol role that is to be a session; it comes before the role's other settings. */
  readonly patrolAgent?: string;
  /** Runtime of the bead's label `runtime:<name>`. */
  readonly label?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Told when a role's setting cannot be used and the next one is taken. */
  readonly warn?: (text: string) => void;
}

/**
 * Which agent runs, by the order of spec/03 §2.3. An explicit choice (`--agent`, label, rig, default) that does not
 * exist is an error; a role's entry that does not exist or is not installed is skipped with a warning.
 */
export function resolveRuntime(request: RuntimeRequest): Runtime {
  const { town, rig, override, label, env = process.env } = request;
  if (override !== undefined && override !== "") return withArguments(town, rig, override);
  if (label !== undefined && label !== "") return findRuntime(town, rig, label);
  for (const { setting, agent } of softChoices(request, env)) {
    const found = usable(town, rig, agent, env);
    if (typeof found !== "string") return found;
    request.warn?.(`${setting}=${agent}: ${found}, falling back to default`);
  }
  const settings = rig === "" ? town.settings() : town.rigSettings(rig);
  const block = blockRuntime(town, rig);
  if (block !== undefined) return block;
  const agent = textOf(settings["agent"]) ?? textOf(settings["default_agent"]) ?? "claude";
  return findRuntime(town, rig, agent);
}

/** The runtime of that name in rig, town and built-ins, or `E_AGENT_UNKNOWN` with the nearest names. */
export function findRuntime(town: Town, rig: string, name: string): Runtime {
  const record = findRecord(town, rig, name);
  if (record !== undefined) return readRuntimeRecord(name, record.value, record.where);
  // The rig's own idea of that CLI comes before ours.
  const block = blockRuntime(town, rig);
  if (block?.name === name) return block;
  const preset = presets.get(name) ?? tierRuntime(name);
  if (preset !== undefined) return preset;
  const suggestions = nearestNames(name, runtimeNames(town, rig));
  throw new GtError("E_AGENT_UNKNOWN", `agent '${name}' not found${didYouMean(suggestions)}`, {
    hint: "gt config agent list",
    details: { suggestions },
  });
}

/** Built-ins in their order, then the user's own, sorted. */
export function runtimeNames(town: Town, rig: string): readonly string[] {
  const custom = agentTables(town, rig).flatMap((table) => Object.keys(table.agents));
  return [
    ...presets.keys(),
    ...[...new Set(custom)]
      .filter((name) => !presets.has(name))
      .sort((one, other) => one.localeCompare(other)),
  ];
}

/** Absolute path of the runtime's program, or undefined when it is not installed. */
export function findCommand(command: string, env: NodeJS.ProcessEnv): string | undefined {
  const home = env["HOME"] ?? homedir();
  const expanded = command.startsWith("~/") ? join(home, command.slice(2)) : command;
  const candidates = expanded.includes("/")
    ? [expanded]
    : (env["PATH"] ?? "")
        .split(delimiter)
        .filter((directory) => directory !== "")
        .map((directory) => join(directory, expanded));
  // Where the installer of Claude Code puts it without telling PATH.
  if (command === "claude") candidates.push(join(home, ".claude", "local", "claude"));
  return candidates.find(isExecutable);
}

interface AgentTable {
  readonly agents: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** Where agents are defined, nearest first: rig settings, rig registry, town settings, town registry. */
function agentTables(town: Town, rig: string): readonly AgentTable[] {
  const files = [
    ...(rig === "" ? [] : [rigSettingsFile(town.root, rig), join(town.root, rig, "settings", "agents.json")]),
    townSettingsFile(town.root),
    join(town.root, "settings", "agents.json"),
  ];
  return files.flatMap((file) => {
    const agents = readJsonFile(file)?.["agents"];
    return isObject(agents) ? [{ agents, where: `${file}: agents` }] : [];
  });
}

function findRecord(
  town: Town,
  rig: string,
  name: string,
): { readonly value: unknown; readonly where: string } | undefined {
  const table = agentTables(town, rig).find(({ agents }) => Object.hasOwn(agents, name));
  return table && { value: table.agents[name], where: `${table.where}.${name}` };
}

/** Choices for a role or worker, which give way when they cannot be used. */
function softChoices(
  { town, role, rig, name, patrolAgent }: RuntimeRequest,
  env: NodeJS.ProcessEnv,
): readonly { readonly setting: string; readonly agent: string }[] {
  // Layered rig settings contain the town's values below the rig's.
  const settings = rig === "" ? town.settings() : town.rigSettings(rig);
  const crew =
    role === "crew"
      ? [
          { setting: `worker_agents[${name}]`, agent: entry(settings["worker_agents"], name) },
          {
            setting: `crew_agents[${rig}/${name}]`,
            agent: entry(town.settings()["crew_agents"], `${rig}/${name}`),
          },
          { setting: `crew_agents[${name}]`, agent: entry(town.settings()["crew_agents"], name) },
        ]
      : [];
  const ofRole = entry(settings["role_agents"], role);
  return [
    ...crew,
    { setting: "GT_COST_TIER", agent: tierOf(town, rig, role, patrolAgent ?? ofRole, env) },
    { setting: `patrols.${role}.agent`, agent: patrolAgent },
    { setting: `role_agents[${role}]`, agent: ofRole },
  ].filter((choice): choice is { setting: string; agent: string } => choice.agent !== undefined);
}

/** The agent of the tier in the environment, unless the role was given to another kind of runtime. */
function tierOf(
  town: Town,
  rig: string,
  role: string,
  ofRole: string | undefined,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const tier = env["GT_COST_TIER"];
  if (!tier) return undefined;
  const chosen = ofRole === undefined ? undefined : usable(town, rig, ofRole, env);
  if (chosen !== undefined && typeof chosen !== "string" && chosen.provider !== "claude") return undefined;
  return tierAgent(parseTier(tier), role);
}

/** The runtime, or why it cannot be used. */
function usable(town: Town, rig: string, name: string, env: NodeJS.ProcessEnv): Runtime | string {
  let runtime: Runtime;
  try {
    runtime = findRuntime(town, rig, name);
  } catch (error) {
    if (error instanceof GtError && error.code === "E_AGENT_UNKNOWN") return `agent "${name}" not found`;
    throw error;
  }
  if (runtime.provider === "shell" || findCommand(runtime.command, env) !== undefined) return runtime;
  return `binary "${runtime.command}" not found in PATH`;
}

/** `claude --model opus`: the agent, with further arguments. */
function withArguments(town: Town, rig: string, spec: string): Runtime {
  const [name = "", ...args] = splitWords(spec);
  const runtime = findRuntime(town, rig, name);
  return args.length === 0 ? runtime : { ...runtime, args: [...runtime.args, ...args] };
}

/** What a rig's `runtime` block makes of the CLI that it names (spec/03 §2.1). */
function blockRuntime(town: Town, rig: string): Runtime | undefined {
  const block = rig === "" ? undefined : town.rigSettings(rig)["runtime"];
  if (!isObject(block)) return undefined;
  return readRuntimeRecord(agentOfBlock(block), block, `${rigSettingsFile(town.root, rig)}: runtime`);
}

function agentOfBlock(runtime: Readonly<Record<string, unknown>>): string {
  return textOf(runtime["provider"]) ?? textOf(runtime["command"])?.split("/").at(-1) ?? "claude";
}

function entry(map: unknown, key: string): string | undefined {
  return isObject(map) && Object.hasOwn(map, key) ? textOf(map[key]) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not for us
  }
}
