import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import type { Town } from "../../core/town/town.ts";
import { readAccounts } from "../accounts/accounts.ts";
import { findCommand } from "../runtimes/resolve-runtime.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { scrubEnvironment } from "../sessions/scrub-environment.ts";
import type { Conversation } from "./conversations.ts";
import { claudeFolder, standInFor } from "./lost-directory.ts";

/** How a predecessor is asked: the child's argv, environment and directory. */
export interface Consultation {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The runtime cannot fork: what is said becomes part of the old conversation. */
  readonly appends: boolean;
  /** Takes away what was made for the talk. */
  readonly cleanUp: () => void;
}

export interface ConsultRequest {
  readonly conversation: Conversation;
  readonly runtime: Runtime | undefined;
  /** One question; without it the person talks by hand. */
  readonly question?: string;
  readonly town: Town;
  /** Who asks. */
  readonly actor: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Whether the conversation can be copied, so that the original stays as it is. */
export function canFork(runtime: Runtime | undefined): boolean {
  return runtime?.forkArgs !== undefined;
}

/**
 * Prepares a talk with an earlier conversation that answers and does not act: in its own directory, read-only where the
 * runtime knows that, without identity, with hooks that do nothing (spec/03 §9.3). Refuses what cannot work before
 * anything is started: `E_NO_RESUME`, `E_SEANCE_LIVE`, `E_SEANCE_CWD`, `E_SEANCE_TRANSCRIPT`, `E_AGENT_COMMAND`.
 */
export function planConsultation(request: ConsultRequest): Consultation {
  const { conversation, runtime } = request;
  const { id, agent, cwd, isLive } = conversation;
  const shown = sanitiseLine(id);
  const template = runtime && templateOf(runtime, request.question !== undefined);
  // An id becomes an argument of another program: it must never look like one of its flags.
  if (runtime === undefined || template === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
    const who = agent === "" ? "unknown" : sanitiseLine(agent);
    throw new GtError("E_NO_RESUME", `session ${shown} was run by '${who}' and cannot be resumed`, {
      hint: `gt log --agent ${conversation.actor}`,
    });
  }
  const appends = !canFork(runtime);
  if (appends && isLive) {
    throw new GtError(
      "E_SEANCE_LIVE",
      `session ${shown} is live and ${runtime.name} cannot fork: use gt peek or gt nudge`,
      { hint: `gt peek ${conversation.actor}` },
    );
  }
  const env = environmentOf(request, runtime);
  const transcript = runtime.provider === "claude" ? findTranscript(request, env) : undefined;
  const isGone = cwd === "" || !isDirectory(cwd);
  if (isGone && transcript === undefined) {
    throw new GtError("E_SEANCE_CWD", `working directory ${sanitiseLine(cwd)} no longer exists`, {
      hint: "gt seance",
    });
  }
  if (runtime.provider === "claude" && transcript === undefined)
    throw new GtError(
      "E_SEANCE_TRANSCRIPT",
      `session file not found for ${id} (agent ${sanitiseLine(agent)})`,
      {
        hint: "gt seance",
      },
    );
  const path = env["PATH"] ?? "";
  const program = findCommand(runtime.command, { ...request.env, PATH: path });
  if (program === undefined) {
    const message = `agent "${runtime.name}": command "${runtime.command}" not found in PATH`;
    throw new GtError("E_AGENT_COMMAND", message, { hint: "gt config agent list" });
  }
  const prompt = wrapped(request);
  const words = template.map((word) =>
    word.replaceAll("{id}", () => id).replaceAll("{prompt}", () => prompt),
  );
  const place =
    isGone && transcript !== undefined ? standInFor(request.town, { id, ...transcript }) : undefined;
  return {
    argv: [...runtime.execWrapper, program, ...words],
    env: transcript === undefined ? env : { ...env, ...configVariable(transcript, env) },
    cwd: place?.cwd ?? cwd,
    appends,
    cleanUp: () => place?.remove(),
  };
}

/** Forking where the runtime can; otherwise going on with the old conversation. */
function templateOf(runtime: Runtime, isQuestion: boolean): readonly string[] | undefined {
  if (runtime.provider === "shell") return undefined;
  if (canFork(runtime)) return isQuestion ? runtime.forkExecArgs : runtime.forkArgs;
  if (runtime.resumeArgs === undefined) return undefined;
  if (!isQuestion) return runtime.resumeArgs;
  return runtime.execArgs === undefined ? undefined : [...runtime.resumeArgs, ...runtime.execArgs];
}

function wrapped({ question, actor }: ConsultRequest): string {
  if (question === undefined) return "";
  const asker = actor === "overseer" ? "the overseer" : actor.replace(/\/$/, "");
  return `You are being consulted by ${asker}; answer from memory of this session; do not modify anything.\n\n${question}`;
}

/** No identity, no session: whoever answers is nobody in the town. */
function environmentOf(request: ConsultRequest, runtime: Runtime): Readonly<Record<string, string>> {
  const { configDir } = request.conversation;
  const own = {
    ...scrubEnvironment(request.env),
    ...runtime.env,
    ...(configDir === undefined || runtime.configDirEnv === undefined
      ? {}
      : { [runtime.configDirEnv]: configDir }),
    GT_SEANCE: "1",
  };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== ""));
}

interface Transcript {
  readonly transcript: string;
  readonly configDir: string;
}

/**
 * Claude Code keeps one file per conversation, in a folder named after the directory: in the account of the session, else
 * in any that is registered (spec/03 §9.5). Undefined when it is nowhere.
 */
function findTranscript(
  { conversation, town }: ConsultRequest,
  env: Readonly<Record<string, string>>,
): Transcript | undefined {
  const { id, cwd } = conversation;
  const own = env["CLAUDE_CONFIG_DIR"] ?? join(env["HOME"] ?? "", ".claude");
  const others = [...readAccounts(town).accounts.values()].filter(({ provider }) => provider === "claude");
  for (const configDir of [own, ...others.map((account) => account.configDir)]) {
    const transcript = join(claudeFolder(configDir, cwd), `${id}.jsonl`);
    if (existsSync(transcript)) return { transcript, configDir };
  }
  return undefined;
}

/** The account's directory, unless the runtime looks there anyway. */
function configVariable(
  { configDir }: Transcript,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const isUsual = env["CLAUDE_CONFIG_DIR"] === undefined && configDir === join(env["HOME"] ?? "", ".claude");
  return isUsual ? {} : { CLAUDE_CONFIG_DIR: configDir };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
