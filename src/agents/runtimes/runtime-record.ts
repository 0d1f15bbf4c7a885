import { basename } from "node:path";
import { z } from "zod";
import { GtError } from "../../core/gt-error.ts";
import { hookProviders } from "../hooks/hook-event.ts";
import { presets } from "./presets.ts";
import type { Runtime } from "./runtime.ts";

/** A record as settings files hold it (spec/03 §1.1). Unknown fields are kept by whoever rewrites the file. */
const words = z.array(z.string());
const recordSchema = z
  .looseObject({
    provider: z.string(),
    command: z.string(),
    args: words.nullable(),
    env: z.record(z.string(), z.string()),
    prompt_mode: z.enum(["arg", "none"]),
    resume_prompt_mode: z.enum(["arg", "none"]),
    prompt_flag: z.string(),
    process_names: words,
    session_id_env: z.string(),
    session_id_arg: z.string(),
    resume_args: words,
    continue_args: words,
    fork_args: words,
    fork_exec_args: words,
    exec_args: words,
    json_args: words,
    hooks_provider: z.enum([...hookProviders, "none"]),
    hooks_file: z.string(),
    config_dir_env: z.string(),
    config_dir: z.string(),
    ready_prompt: z.string(),
    ready_pattern: z.string().refine(isPattern, "is not a regular expression"),
    ready_delay_ms: z.int().min(0),
    busy_pattern: z.string().refine(isPattern, "is not a regular expression"),
    limit_patterns: z.array(z.string().refine(isPattern, "is not a regular expression")),
    dialogs: z.array(
      z.object({ match: z.string().refine(isPattern, "is not a regular expression"), keys: words }),
    ),
    instructions_file: z.string(),
    escape_cancels: z.boolean(),
    injects_on_prompt: z.boolean(),
    stop_can_continue: z.boolean(),
    context_cap: z.int().min(500),
    acp: z.object({ command: z.string(), args: words }),
    exec_wrapper: words,
    hooks_informational: z.boolean(),
    initial_prompt: z.string(),
  })
  .partial();
const nestedSchema = z
  .looseObject({
    session: z.looseObject({ session_id_env: z.string(), config_dir_env: z.string() }).partial(),
    hooks: z
      .looseObject({
        provider: z.string(),
        dir: z.string(),
        settings_file: z.string(),
        informational: z.boolean(),
      })
      .partial(),
    tmux: z
      .looseObject({ process_names: words, ready_prompt_prefix: z.string(), ready_delay_ms: z.int().min(0) })
      .partial(),
    instructions: z.looseObject({ file: z.string() }).partial(),
  })
  .partial();

/**
 * A user's record on top of the preset that it names or resembles (spec/03 §1.7, §2.1): present fields replace, `env`
 * merges by key. Throws `E_CONFIG` naming where the record stands and the field.
 */
export function readRuntimeRecord(name: string, value: unknown, where: string): Runtime {
  const record = check(recordSchema, flatten(value, where), where);
  const provider = record.provider ?? providerOfCommand(record.command) ?? presetNamed(name) ?? "claude";
  const command = record.command ?? presets.get(provider)?.command;
  if (command === undefined || command === "") {
    const message =
      provider === "generic"
        ? `runtime.command is required when provider is "generic"`
        : `agent "${name}": unknown provider "${provider}"`;
    throw new GtError("E_CONFIG", message, { why: [`in ${where}`], hint: "gt config agent list" });
  }
  const base = presets.get(provider) ?? generic;
  const { args, env, ...fields } = record;
  const known = Object.entries(fields).filter(
    ([key, field]) => key in recordSchema.shape && field !== undefined,
  );
  const given = Object.fromEntries(known.map(([key, field]) => [camelCase(key), field])) as Partial<Runtime>;
  return {
    ...base,
    ...given,
    name,
    provider,
    command,
    args: args ?? base.args,
    env: { ...base.env, ...env },
    processNames:
      given.processNames ?? (sameProgram(command, base) ? base.processNames : [basename(command)]),
  };
}

const generic: Runtime = {
  name: "generic",
  provider: "generic",
  command: "",
  args: [],
  env: {},
  promptMode: "none",
  promptFlag: "",
  processNames: [],
  hooksProvider: "none",
  instructionsFile: "AGENTS.md",
  escapeCancels: true,
  injectsOnPrompt: false,
  stopCanContinue: false,
  contextCap: 9500,
  execWrapper: [],
  hooksInformational: false,
  initialPrompt: "",
};

/** The preset whose command has this base name; a leading `gt-` is a wrapper's. */
export function providerOfCommand(command: string | undefined): string | undefined {
  if (command === undefined) return undefined;
  const name = basename(command).replace(/^gt-/, "");
  // Also `my-gemini` for a wrapper around gemini, and `claude-glm`: the part between hyphens decides.
  const parts = new Set([name, ...name.split("-")]);
  for (const preset of presets.values()) {
    if (preset.name === "shell") continue;
    if (parts.has(preset.name) || preset.command === name) return preset.name;
  }
  return undefined;
}

function presetNamed(name: string): string | undefined {
  return presets.has(name) ? name : undefined;
}

function sameProgram(command: string, base: Runtime): boolean {
  return (
    basename(command).replace(/^gt-/, "") === basename(base.command) ||
    providerOfCommand(command) === base.name
  );
}

/** The nested aliases of a rig's `runtime` block as flat fields. */
function flatten(value: unknown, where: string): unknown {
  const { session, hooks, tmux, instructions, ...flat } = check(nestedSchema, value, where);
  return {
    ...withoutUndefined({
      ...session,
      hooks_provider: hooks?.provider,
      hooks_file: hooks?.settings_file === undefined ? undefined : join(hooks.dir, hooks.settings_file),
      hooks_informational: hooks?.informational,
      process_names: tmux?.process_names,
      ready_prompt: tmux?.ready_prompt_prefix,
      ready_delay_ms: tmux?.ready_delay_ms,
      instructions_file: instructions?.file,
    }),
    ...flat,
  };
}

function join(directory: string | undefined, file: string): string {
  return directory === undefined || directory === "" ? file : `${directory}/${file}`;
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? "" : `.${issue.path.join(".")}`;
  throw new GtError("E_CONFIG", `${where}${field}: ${issue?.message ?? "is not an agent record"}`, {
    hint: "gt config agent list",
  });
}

function withoutUndefined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function camelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) !== undefined;
  } catch {
    return false; // the schema says which field
  }
}
