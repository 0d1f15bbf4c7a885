import type { ScreenDetection } from "../sessions/session-host.ts";

export type HooksProvider =
  | "claude"
  | "codex"
  | "gemini"
  | "copilot"
  | "cursor"
  | "auggie"
  | "opencode"
  | "pi"
  | "omp"
  | "none";

/**
 * How one coding-agent CLI is started, spoken to and resumed (spec/03 §1.1). Plain data: the built-in presets and what
 * settings files define have this one form. Templates contain `{id}` and `{prompt}`.
 */
export interface Runtime extends ScreenDetection {
  readonly name: string;
  /** The preset that supplied unset fields, or `generic`. */
  readonly provider: string;
  /** Name on PATH, absolute path, or path that starts with `~`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to every session; an empty value removes the variable. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether the first prompt can travel on the command line. */
  readonly promptMode: "arg" | "none";
  /** The same for a resumed conversation; as `promptMode` when it is not said. */
  readonly resumePromptMode?: "arg" | "none";
  /** Flag that carries the prompt; empty = last positional argument. */
  readonly promptFlag: string;
  /** Base names that count as "the agent is alive" for wrapped commands. */
  readonly processNames: readonly string[];
  /** Variable in which the runtime tells children its conversation id. */
  readonly sessionIdEnv?: string;
  /** Flag by which we choose the conversation id at spawn. */
  readonly sessionIdArg?: string;
  readonly resumeArgs?: readonly string[];
  readonly continueArgs?: readonly string[];
  readonly forkArgs?: readonly string[];
  readonly forkExecArgs?: readonly string[];
  readonly execArgs?: readonly string[];
  readonly jsonArgs?: readonly string[];
  readonly hooksProvider: HooksProvider;
  readonly hooksFile?: string;
  /** Directory variable of the account in use. */
  readonly configDirEnv?: string;
  readonly configDir?: string;
  /** File that the runtime reads by itself. */
  readonly instructionsFile: string;
  /** Escape aborts the request: never send it. */
  readonly escapeCancels: boolean;
  readonly injectsOnPrompt: boolean;
  readonly stopCanContinue: boolean;
  /** Characters of hook context that the runtime accepts. */
  readonly contextCap: number;
  readonly acp?: { readonly command: string; readonly args: readonly string[] };
  /** Placed between environment and command: containers, sandboxes. */
  readonly execWrapper: readonly string[];
  /** Files exist but are not executed: treated as having no hooks. */
  readonly hooksInformational: boolean;
  /** Extra text behind the beacon. */
  readonly initialPrompt: string;
}

/** Whether the first words of a session have to be typed. */
export function isPromptTyped(runtime: Runtime, isResumed: boolean): boolean {
  return ((isResumed ? runtime.resumePromptMode : undefined) ?? runtime.promptMode) === "none";
}

/** What the host needs to read the runtime's screen; nothing for programs that work until they exit. */
export function detectionOf(runtime: Runtime): ScreenDetection | undefined {
  if (runtime.provider === "shell") return undefined;
  const { readyPrompt, readyPattern, readyDelayMs, busyPattern, dialogs, limitPatterns } = runtime;
  return {
    ...(readyPrompt === undefined ? {} : { readyPrompt }),
    ...(readyPattern === undefined ? {} : { readyPattern }),
    ...(readyDelayMs === undefined ? {} : { readyDelayMs }),
    ...(busyPattern === undefined ? {} : { busyPattern }),
    ...(dialogs === undefined ? {} : { dialogs }),
    ...(limitPatterns === undefined ? {} : { limitPatterns }),
  };
}
