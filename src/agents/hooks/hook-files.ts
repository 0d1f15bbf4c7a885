import { join } from "node:path";
import { shellWord } from "../../core/shell-word.ts";
import { isObject, type JsonObject } from "../../core/town/json-file.ts";
import type { HookEvent, HookProvider } from "./hook-event.ts";
import type { UserHook } from "./user-hooks.ts";

/** Marks an entry of a hooks file as ours (spec/03 §4.6). */
const mark = "tap hook";
/** Marks an entry that a person ordered for all files: a comment for the shell that runs it. */
const userMark = "# gt hooks";
/** Part of the path of the scripts that stand for our commands where a runtime takes no arguments. */
const scriptFolder = "/hooks/auggie/";

/** Seconds a runtime waits for each hook. */
const timeouts: Readonly<Record<HookEvent, number>> = {
  "session-start": 30,
  prompt: 10,
  "pre-tool": 10,
  "pre-compact": 30,
  "turn-end": 10,
  "session-end": 10,
};

interface Dialect {
  /** The runtime's own names of the events it has. */
  readonly events: Partial<Readonly<Record<HookEvent, string>>>;
  readonly toolMatcher: string;
  readonly entry: (command: string, event: HookEvent, matcher: string) => JsonObject;
  /** Keys beside the hooks. */
  readonly extra: JsonObject;
}

const claudeEvents = {
  "session-start": "SessionStart",
  prompt: "UserPromptSubmit",
  "pre-tool": "PreToolUse",
  "pre-compact": "PreCompact",
  "turn-end": "Stop",
  "session-end": "SessionEnd",
} as const;

const claudeEntry =
  (unit: 1 | 1000): Dialect["entry"] =>
  (command, event, matcher) => ({
    matcher,
    hooks: [{ type: "command", command, timeout: timeouts[event] * unit }],
  });

const dialects: Readonly<Record<"claude" | "codex" | "gemini" | "copilot" | "cursor" | "auggie", Dialect>> = {
  claude: {
    events: claudeEvents,
    toolMatcher: "Bash",
    entry: claudeEntry(1),
    extra: { skipDangerousModePermissionPrompt: true, editorMode: "normal" },
  },
  codex: { events: claudeEvents, toolMatcher: "Bash", entry: claudeEntry(1), extra: {} },
  gemini: {
    events: {
      "session-start": "SessionStart",
      prompt: "BeforeAgent",
      "pre-tool": "BeforeTool",
      "pre-compact": "PreCompress",
      "turn-end": "AfterAgent",
      "session-end": "SessionEnd",
    },
    toolMatcher: "run_shell_command",
    // Lifecycle events match their source exactly: no matcher means any.
    entry: (command, event, matcher) => ({
      ...(matcher === "" ? {} : { matcher }),
      hooks: [{ name: `gastown-${event}`, type: "command", command, timeout: timeouts[event] * 1000 }],
    }),
    extra: { context: { fileName: ["GEMINI.md", "AGENTS.md", "CLAUDE.md"] } },
  },
  copilot: {
    events: {
      "session-start": "sessionStart",
      prompt: "userPromptSubmitted",
      "pre-tool": "preToolUse",
      "pre-compact": "preCompact",
      "turn-end": "agentStop",
      "session-end": "sessionEnd",
    },
    toolMatcher: "",
    entry: (command, event) => ({ type: "command", bash: command, timeoutSec: timeouts[event] }),
    extra: { version: 1 },
  },
  cursor: {
    events: {
      "session-start": "sessionStart",
      prompt: "beforeSubmitPrompt",
      "pre-tool": "beforeShellExecution",
      "pre-compact": "preCompact",
      "turn-end": "stop",
      "session-end": "sessionEnd",
    },
    toolMatcher: "",
    entry: (command) => ({ command }),
    extra: { version: 1 },
  },
  auggie: {
    events: {
      "session-start": "SessionStart",
      prompt: "PromptSubmit",
      "pre-tool": "PreToolUse",
      "turn-end": "Stop",
      "session-end": "SessionEnd",
    },
    toolMatcher: "launch-process",
    entry: claudeEntry(1000),
    extra: {},
  },
};

export type FileProvider = keyof typeof dialects;

/** What our part of a hooks file is made of. */
export interface OurHooks {
  readonly gt: string;
  readonly scripts: string;
  readonly users?: readonly UserHook[];
}

export function isFileProvider(provider: string): provider is FileProvider {
  return provider in dialects;
}

/** The runtime's name of an event, where it has one. */
export function eventName(provider: FileProvider, event: HookEvent): string | undefined {
  return dialects[provider].events[event];
}

/**
 * The hooks file with our entries brought up to date and everything else as it was, order included (spec/03 §4.5, §4.6).
 * `gt` is the absolute path of the program, `scripts` the directory of those that stand for our commands where a runtime
 * takes no arguments, `users` what a person ordered besides.
 */
export function withOurHooks(
  provider: FileProvider,
  existing: JsonObject,
  { gt, scripts, users = [] }: OurHooks,
): JsonObject {
  const { events, toolMatcher, entry, extra } = dialects[provider];
  const hooks: JsonObject = isObject(existing["hooks"]) ? { ...existing["hooks"] } : {};
  for (const [name, entries] of Object.entries(hooks))
    if (Array.isArray(entries)) hooks[name] = entries.filter((each) => !isOurs(each));
  for (const [event, name] of Object.entries(events) as [HookEvent, string][]) {
    const command = provider === "auggie" ? join(scripts, `${event}.sh`) : hookCommand(gt, provider, event);
    const others = Array.isArray(hooks[name]) ? hooks[name] : [];
    hooks[name] = [...others, entry(command, event, event === "pre-tool" ? toolMatcher : "")];
  }
  for (const { name, value } of users.flatMap((user) => userEntries(provider, user)))
    hooks[name] = [...(Array.isArray(hooks[name]) ? hooks[name] : []), value];
  for (const [name, entries] of Object.entries(hooks))
    if (Array.isArray(entries) && entries.length === 0) delete hooks[name];
  return { ...mergeMissing(existing, extra), hooks };
}

/** The same file with nothing of ours in it. */
export function withoutOurHooks(existing: JsonObject): JsonObject {
  const hooks: JsonObject = isObject(existing["hooks"]) ? existing["hooks"] : {};
  const kept = Object.entries(hooks)
    .map(([name, entries]) => [
      name,
      Array.isArray(entries) ? entries.filter((each) => !isOurs(each)) : entries,
    ])
    .filter(([, entries]) => !Array.isArray(entries) || entries.length > 0);
  const { hooks: _, ...rest } = existing;
  return kept.length === 0 ? rest : { ...rest, hooks: Object.fromEntries(kept) };
}

/** What a runtime runs for one of our events. */
export function hookCommand(gt: string, provider: HookProvider, event: HookEvent): string {
  return `${shellWord(gt)} ${mark} ${event} --provider ${provider}`;
}

/** A person's hook in the runtime's own terms; nothing where it knows no such event. */
function userEntries(
  provider: FileProvider,
  { event, matcher, hooks }: UserHook,
): readonly { readonly name: string; readonly value: JsonObject }[] {
  const { events, toolMatcher, entry } = dialects[provider];
  const marked = (command: unknown): string => `${String(command)} ${userMark}`;
  if (provider === "claude") {
    const value = { matcher, hooks: hooks.map((hook) => ({ ...hook, command: marked(hook["command"]) })) };
    return [{ name: event, value }];
  }
  // A runtime that takes no arguments takes no comment, either: gt runs them.
  const ours = provider === "auggie" ? undefined : canonical.get(event);
  const name = ours === undefined ? undefined : events[ours];
  if (ours === undefined || name === undefined) return [];
  const own = matcher === "Bash" ? toolMatcher : matcher;
  return hooks.map((hook) => ({ name, value: entry(marked(hook["command"]), ours, own) }));
}

/** Our events by the names in which people write theirs. */
const canonical = new Map(
  Object.entries(claudeEvents).map(([event, name]): [string, HookEvent] => [name, event as HookEvent]),
);

/** An entry is ours when a command in it is: by hand or by a person's order for all files. */
function isOurs(entry: unknown): boolean {
  if (!isObject(entry)) return false;
  const commands = [entry["command"], entry["bash"], ...nestedCommands(entry["hooks"])];
  return commands.some(
    (command) =>
      typeof command === "string" &&
      (command.includes(mark) || command.endsWith(userMark) || command.includes(scriptFolder)),
  );
}

function nestedCommands(hooks: unknown): readonly unknown[] {
  return Array.isArray(hooks) ? hooks.map((each) => (isObject(each) ? each["command"] : undefined)) : [];
}

/** What a person has set stays. */
function mergeMissing(existing: JsonObject, extra: JsonObject): JsonObject {
  const merged: JsonObject = { ...existing };
  for (const [key, value] of Object.entries(extra)) {
    const found = merged[key];
    if (found === undefined) merged[key] = value;
    else if (isObject(found) && isObject(value)) merged[key] = mergeMissing(found, value);
  }
  return merged;
}

/**
 * Source of the extension that opencode, pi and omp load into their own process. It must never throw, so every call is
 * wrapped. `gt` limits its own time; the hooks of a person, which it runs too, may take half a minute.
 */
export function extensionSource(
  provider: Extract<HookProvider, "opencode" | "pi" | "omp">,
  gt: string,
): string {
  const ask = `import { execFile } from "node:child_process";

const gt = ${JSON.stringify(gt)};

const timeout = 30000;

/** Asks gt what to do; any failure means: nothing. */
function ask(event, input) {
  return new Promise((resolve) => {
    try {
      const child = execFile(
        gt,
        ["tap", "hook", event, "--provider", ${JSON.stringify(provider)}],
        { timeout, maxBuffer: 1024 * 1024 },
        (_error, stdout) => {
          try {
            resolve(JSON.parse(stdout));
          } catch {
            resolve({});
          }
        },
      );
      child.stdin.on("error", () => {});
      child.stdin.end(JSON.stringify(input));
    } catch {
      resolve({});
    }
  });
}
`;
  return provider === "opencode" ? ask + opencodePlugin : ask + piExtension;
}

const opencodePlugin = `
export const Gastown = async ({ client }) => {
  let context = "";
  let priming;
  /** Conversations that the agent holds with helpers of its own. */
  const helpers = new Set();
  const prime = (sessionID, source) => {
    priming = ask("session-start", { session_id: sessionID, source }).then((answer) => {
      context = answer.context ?? "";
    });
    return priming;
  };
  return {
    event: async ({ event }) => {
      try {
        const info = event.properties?.info;
        const id = event.properties?.sessionID ?? info?.id;
        if (event.type === "session.created" && info?.parentID) helpers.add(id);
        if (helpers.has(id)) return;
        if (event.type === "session.created") await (priming ?? prime(id, "startup"));
        if (event.type === "session.compacted") await prime(id, "compact");
        if (event.type === "session.deleted") await ask("session-end", { session_id: id });
        if (event.type === "session.idle") {
          const answer = await ask("turn-end", { session_id: id });
          if (answer.continue)
            await client.session.prompt({ path: { id }, body: { parts: [{ type: "text", text: answer.continue }] } });
        }
      } catch {
        // The agent's session must go on when gt cannot answer.
      }
    },
    "chat.message": async (input, output) => {
      try {
        if (helpers.has(input?.sessionID)) return;
        const answer = await ask("prompt", { session_id: input?.sessionID });
        const last = output?.parts?.at(-1);
        if (!answer.context || !last) return;
        const { sessionID, messageID } = last;
        output.parts.push({ id: last.id + "0", sessionID, messageID, type: "text", text: answer.context, synthetic: true });
      } catch {
        // The agent's session must go on when gt cannot answer.
      }
    },
    "experimental.chat.system.transform": async (input, output) => {
      try {
        if (helpers.has(input?.sessionID)) return;
        // A conversation that nobody has created in this process is an old one that goes on.
        await (priming ?? prime(input?.sessionID, "resume"));
        if (context) output.system.push(context);
      } catch {
        // The agent's session must go on when gt cannot answer.
      }
    },
    "experimental.session.compacting": async (input) => {
      await ask("pre-compact", { session_id: input?.sessionID });
    },
    "tool.execute.before": async (input, output) => {
      if (input?.tool !== "bash") return;
      const answer = await ask("pre-tool", { tool_name: "bash", command: output?.args?.command ?? "" });
      if (answer.deny) throw new Error(answer.deny);
    },
  };
};
`;

const piExtension = `
export default function gastown(pi) {
  let context = "";
  const guarded = (handler) => async (...args) => {
    try {
      return await handler(...args);
    } catch {
      return undefined;
    }
  };
  const prime = async (source, session) => {
    const answer = await ask("session-start", { session_id: session ?? "", source });
    context = answer.context ?? "";
  };
  const sessionOf = (ctx) => ctx?.sessionManager?.getSessionId?.() ?? "";
  pi.on("session_start", guarded(async (event, ctx) => prime(event?.reason ?? "startup", sessionOf(ctx))));
  pi.on("session_compact", guarded(async (_event, ctx) => prime("compact", sessionOf(ctx))));
  pi.on(
    "before_agent_start",
    guarded(async () => {
      const answer = await ask("prompt", {});
      const content = [context, answer.context ?? ""].filter((text) => text !== "").join("\\n\\n");
      context = "";
      return content === "" ? undefined : { message: { customType: "gastown", content, display: false } };
    }),
  );
  pi.on(
    "tool_call",
    guarded(async (event) => {
      if (event?.toolName !== "bash") return undefined;
      const answer = await ask("pre-tool", { tool_name: "bash", command: event.input?.command ?? "" });
      return answer.deny ? { block: true, reason: answer.deny } : undefined;
    }),
  );
  pi.on(
    "agent_end",
    guarded(async (_event, ctx) => {
      const answer = await ask("turn-end", { session_id: sessionOf(ctx) });
      if (answer.continue) pi.sendUserMessage(answer.continue, { deliverAs: "followUp" });
    }),
  );
  pi.on("session_shutdown", guarded(async () => void (await ask("session-end", {}))));
}
`;
