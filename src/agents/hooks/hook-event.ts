import { isObject, type JsonObject } from "../../core/town/json-file.ts";

/** Providers whose hooks we generate (spec/03 §4.3). */
export const hookProviders = [
  "claude",
  "codex",
  "gemini",
  "copilot",
  "cursor",
  "auggie",
  "opencode",
  "pi",
  "omp",
] as const;

export type HookProvider = (typeof hookProviders)[number];

export type HookEvent = "session-start" | "prompt" | "pre-tool" | "pre-compact" | "turn-end" | "session-end";

export const hookEvents: readonly HookEvent[] = [
  "session-start",
  "prompt",
  "pre-tool",
  "pre-compact",
  "turn-end",
  "session-end",
];

/** Runtimes whose files cannot name a person's commands: extensions in code, and programs without arguments. */
const withoutCommands: readonly HookProvider[] = ["opencode", "pi", "omp", "auggie"];

/** Whether `gt` runs a person's hooks itself, as the runtime does not (spec/03 §4.7). */
export const runsUserHooks = (provider: HookProvider): boolean => withoutCommands.includes(provider);

/** What a runtime tells its hooks, whatever its dialect (spec/03 §4.1). Absent facts are empty. */
export interface HookInput {
  readonly sessionId: string;
  readonly source: "startup" | "resume" | "clear" | "compact";
  readonly cwd: string;
  readonly tool: string;
  /** Shell command that the agent is about to run. */
  readonly command: string;
  /** The turn already is the continuation of a stop. */
  readonly isContinuation: boolean;
  readonly reason: string;
  /** File in which the runtime keeps the conversation. */
  readonly transcript: string;
}

/** Reads a hook's stdin. Anything that is not the expected JSON gives an input without facts. */
export function readHookInput(text: string): HookInput {
  const json = parse(text);
  return {
    sessionId: firstText(json, ["session_id", "sessionId", "conversation_id", "thread_id"]),
    source: sourceOf(firstText(json, ["source"])),
    cwd: firstText(json, ["cwd"]),
    tool: firstText(json, ["tool_name", "toolName"]),
    command: commandOf(json),
    isContinuation: json["stop_hook_active"] === true,
    reason: firstText(json, ["reason"]),
    transcript: firstText(json, ["transcript_path", "transcriptPath"]),
  };
}

function sourceOf(word: string): HookInput["source"] {
  if (word === "resume" || word === "fork") return "resume";
  if (word === "clear" || word === "compact") return word;
  return "startup";
}

function commandOf(json: JsonObject): string {
  const input = objectOf(json["tool_input"]);
  const toolArgs = objectOf(json["toolArgs"]);
  const args = objectOf(json["args"]);
  const found = [input["command"], toolArgs["command"], json["command"], input["cmd"], args["command"]].find(
    (value) => typeof value === "string" || Array.isArray(value),
  );
  return Array.isArray(found) ? found.map(String).join(" ") : typeof found === "string" ? found : "";
}

/** An object, also one that travels as JSON text. */
function objectOf(value: unknown): JsonObject {
  return typeof value === "string" ? parse(value) : isObject(value) ? value : {};
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // no JSON, no facts
  }
}

function firstText(json: JsonObject, keys: readonly string[]): string {
  const found = keys.map((key) => json[key]).find((value) => typeof value === "string" && value !== "");
  return typeof found === "string" ? found : "";
}
