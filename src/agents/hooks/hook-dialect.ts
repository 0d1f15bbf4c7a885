import type { HookEvent, HookProvider } from "./hook-event.ts";

/** What we want the runtime to do. */
export interface HookResult {
  /** Text for the model. */
  readonly context?: string;
  /** Why the tool must not run. */
  readonly deny?: string;
  /** Message with which the agent goes on after its turn. */
  readonly continue?: string;
}

/** What the hook command writes and how it exits. */
export interface HookAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

const silent: HookAnswer = { stdout: "", stderr: "", code: 0 };

/** The result in the runtime's own dialect (spec/03 §4.4). */
export function answerHook(provider: HookProvider, event: HookEvent, result: HookResult): HookAnswer {
  switch (provider) {
    case "claude":
    case "auggie":
      return answerClaude(result);
    case "codex":
      return answerCodex(event, result);
    case "gemini":
      return answerGemini(event, result);
    case "copilot":
      return answerCopilot(event, result);
    case "cursor":
      return answerCursor(event, result);
    case "opencode":
    case "pi":
    case "omp":
      return json(result);
  }
}

function answerClaude({ context, deny, continue: next }: HookResult): HookAnswer {
  if (deny !== undefined) return { stdout: "", stderr: `${deny}\n`, code: 2 };
  if (next !== undefined) return json({ decision: "block", reason: next });
  return context === undefined ? silent : { ...silent, stdout: `${context}\n` };
}

function answerCodex(event: HookEvent, result: HookResult): HookAnswer {
  if (result.context === undefined) {
    const answer = answerClaude(result);
    return event === "turn-end" && answer.stdout === "" ? json({}) : answer;
  }
  return additional(codexEvents[event], result.context);
}

function answerGemini(event: HookEvent, { context, deny, continue: next }: HookResult): HookAnswer {
  const reason = deny ?? next;
  if (reason !== undefined) return json({ decision: "deny", reason });
  return context === undefined ? json({}) : additional(geminiEvents[event], context);
}

function answerCopilot(event: HookEvent, { context, deny, continue: next }: HookResult): HookAnswer {
  if (deny !== undefined) return json({ permissionDecision: "deny", permissionDecisionReason: deny });
  if (next !== undefined) return json({ decision: "block", reason: next });
  return json(context !== undefined && event === "session-start" ? { additionalContext: context } : {});
}

function answerCursor(event: HookEvent, { context, deny, continue: next }: HookResult): HookAnswer {
  if (deny !== undefined) return json({ permission: "deny", user_message: deny, agent_message: deny });
  if (next !== undefined) return json({ followup_message: next });
  if (event === "session-start" && context !== undefined) return json({ additional_context: context });
  if (event === "prompt") return json({ continue: true });
  return json(event === "pre-tool" ? { permission: "allow" } : {});
}

/** The runtimes' own names, which the structured dialects repeat in their answers. */
const codexEvents: Readonly<Record<HookEvent, string>> = {
  "session-start": "SessionStart",
  prompt: "UserPromptSubmit",
  "pre-tool": "PreToolUse",
  "pre-compact": "PreCompact",
  "turn-end": "Stop",
  "session-end": "SessionEnd",
};
const geminiEvents: Readonly<Record<HookEvent, string>> = {
  "session-start": "SessionStart",
  prompt: "BeforeAgent",
  "pre-tool": "BeforeTool",
  "pre-compact": "PreCompress",
  "turn-end": "AfterAgent",
  "session-end": "SessionEnd",
};

function additional(hookEventName: string, additionalContext: string): HookAnswer {
  return json({ hookSpecificOutput: { hookEventName, additionalContext } });
}

function json(value: object): HookAnswer {
  return { ...silent, stdout: `${JSON.stringify(value)}\n` };
}
