import { spawn } from "node:child_process";
import { sanitise } from "../../core/sanitise.ts";
import { isObject, type JsonObject } from "../../core/town/json-file.ts";
import type { HookResult } from "./hook-dialect.ts";
import type { HookEvent, HookInput } from "./hook-event.ts";
import type { UserEvent, UserHook } from "./user-hooks.ts";

const names: Readonly<Record<HookEvent, UserEvent>> = {
  "session-start": "SessionStart",
  prompt: "UserPromptSubmit",
  "pre-tool": "PreToolUse",
  "pre-compact": "PreCompact",
  "turn-end": "Stop",
  "session-end": "SessionEnd",
};

/** Seconds; the runtime waits for us a little longer. */
const longest = 25;
const maxOutput = 64 * 1024;

export interface UserHookRun {
  readonly event: HookEvent;
  readonly input: HookInput;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs a person's hooks of this event, all at once, by the rules that Claude Code has for them: they read what happens as
 * JSON; what they print at a start or a prompt is told to the model; exit code 2 keeps a tool from running, or the agent
 * from resting, and says why on stderr. One that fails in any other way changes nothing.
 */
export async function runUserHooks(users: readonly UserHook[], run: UserHookRun): Promise<HookResult> {
  const commands = users.filter((user) => applies(user, run)).flatMap(({ hooks }) => hooks);
  if (commands.length === 0) return {};
  const happened = JSON.stringify(whatHappens(run));
  const results = await Promise.all(
    commands.map(async (hook) => resultOf(run.event, await runOne(hook, happened, run))),
  );
  const context = results.flatMap((result) => result.context ?? []).join("\n");
  const deny = results.find((result) => result.deny !== undefined)?.deny;
  const next = results.find((result) => result.continue !== undefined)?.continue;
  return {
    ...(context === "" ? {} : { context }),
    ...(deny === undefined ? {} : { deny }),
    ...(next === undefined ? {} : { continue: next }),
  };
}

/** A matcher is a pattern for the tool's name, or for what a session or a compaction comes from. */
function applies({ event, matcher }: UserHook, run: UserHookRun): boolean {
  if (event !== names[run.event]) return false;
  if (matcher === "" || matcher === "*") return true;
  // These runtimes ask before shell commands alone.
  const subject =
    run.event === "pre-tool" ? "Bash" : run.event === "session-start" ? run.input.source : undefined;
  try {
    return subject === undefined || new RegExp(`^(?:${matcher})$`).test(subject);
  } catch {
    return matcher === subject;
  }
}

function whatHappens({ event, input, cwd }: UserHookRun): JsonObject {
  return {
    ...{ session_id: input.sessionId, hook_event_name: names[event], transcript_path: input.transcript },
    cwd: input.cwd || cwd,
    ...(event === "pre-tool" ? { tool_name: "Bash", tool_input: { command: input.command } } : {}),
    ...(event === "session-start" ? { source: input.source } : {}),
    ...(event === "turn-end" ? { stop_hook_active: input.isContinuation } : {}),
    ...(event === "session-end" ? { reason: input.reason } : {}),
  };
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runOne({ command, timeout }: JsonObject, input: string, { cwd, env }: UserHookRun): Promise<Ended> {
  const seconds = typeof timeout === "number" && timeout > 0 ? Math.min(timeout, longest) : longest;
  return new Promise((resolve) => {
    const child = spawn("sh", ["-c", String(command)], {
      cwd,
      env,
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] = (output[name] + text).slice(0, maxOutput);
      });
    child.on("error", () => resolve({ code: null, ...output }));
    child.on("close", (code) => resolve({ code, ...output }));
    child.stdin.on("error", () => undefined); // it does not read what happens
    child.stdin.end(input);
  });
}

function resultOf(event: HookEvent, { code, stdout, stderr }: Ended): HookResult {
  const refusal = code === 2 ? stderr : refusalIn(stdout);
  if (refusal !== undefined) {
    const reason = sanitise(refusal).trim() || "a hook of the overseer says so";
    if (event === "pre-tool") return { deny: reason };
    return event === "turn-end" ? { continue: reason } : {};
  }
  const tells = code === 0 && (event === "session-start" || event === "prompt");
  const text = tells ? sanitise(contextIn(stdout)).trim() : "";
  return text === "" ? {} : { context: text };
}

/** `{"decision":"block"}` and its relatives. */
function refusalIn(stdout: string): string | undefined {
  const answer = parse(stdout);
  const own = objectAt(answer, "hookSpecificOutput");
  if (own["permissionDecision"] === "deny") return String(own["permissionDecisionReason"] ?? "");
  return answer["decision"] === "block" ? String(answer["reason"] ?? "") : undefined;
}

function contextIn(stdout: string): string {
  const answer = parse(stdout);
  const more = objectAt(answer, "hookSpecificOutput")["additionalContext"];
  if (typeof more === "string") return more;
  return Object.keys(answer).length === 0 ? stdout : "";
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key];
  return isObject(found) ? found : {};
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {}; // plain text
  }
}
