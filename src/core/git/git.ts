import { statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { GitError, GitPluginError, type SimpleGit, type SimpleGitProgressEvent, simpleGit } from "simple-git";
import { isDiskFull, saysDiskFull } from "../disk-full.ts";
import { GtError } from "../gt-error.ts";
import { gitConfiguration, gitEnvironment } from "./git-environment.ts";

export interface GitOptions {
  /** Milliseconds without a sign of life after which git is ended; 60 s by default (spec/07 §1.9). */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Text for git's standard input; without it git reads nothing. */
  readonly input?: string;
  /** Added to the environment, e.g. `GT_REFINERY`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onProgress?: (event: SimpleGitProgressEvent) => void;
}

export const networkTimeoutMs = 600_000;

/** git ended with a code other than 0. Often that is an answer and not a mishap: see `askGit`. */
export class GitFailure extends GitError {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** `ENOSPC`, as of any other call to the system, when git had no room to write in. */
  readonly code: string;
  readonly path: string;

  constructor(exitCode: number, stdout: string, stderr: string, directory: string) {
    super(undefined, stderr.trim() || stdout.trim() || `git exited with ${exitCode}`);
    this.name = "GitFailure";
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
    this.code = saysDiskFull(stderr) ? "ENOSPC" : "E_GIT";
    this.path = directory;
  }
}

/**
 * git in a directory, made safe for a program: C locale, no prompts, no colours, no editor, time limits, and nothing
 * inherited from a hook that we may run in. Any exit code but 0 throws `GitFailure`. Commands of one instance run one
 * after the other; open another one to run two at once. Throws `E_GIT_DIRECTORY` when the directory is not there.
 *
 * Arguments are never read by a shell; still, put `--end-of-options` or `--` before anything that came from outside.
 */
export function openGit(directory: string, options: GitOptions = {}): SimpleGit {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new GtError("E_GIT_DIRECTORY", `there is no directory ${directory}`, { hint: "gt doctor" });
  }
  const environment = gitEnvironment(options.env ?? {});
  const git = simpleGit({
    baseDir: directory,
    maxConcurrentProcesses: 4,
    timeout: { block: options.timeoutMs ?? 60_000 },
    completion: { onClose: true, onExit: false },
    config: [...gitConfiguration],
    ...(options.signal ? { abort: options.signal } : {}),
    ...(options.input === undefined ? {} : { input: () => options.input }),
    ...(options.onProgress ? { progress: options.onProgress } : {}),
    allowEnvironment: Object.keys(environment),
    unsafe: configured,
    errors: (error, { exitCode, stdOut, stdErr }) => {
      if (error instanceof GitFailure || exitCode === 0) return error;
      // simple-git reports its own endings (time limit, abort) as errors without a meaningful exit code.
      if (error instanceof GitPluginError) return error;
      return new GitFailure(exitCode, text(stdOut), text(stdErr), directory);
    },
  });
  // simple-git waits 50 ms after a git that wrote nothing, in case something is still to come. We wait for the streams'
  // end anyway, so tell it that there was output: an empty piece of it.
  git.outputHandler((_command, stdout) => queueMicrotask(() => stdout.emit("data", Buffer.alloc(0))));
  return git.env(environment);
}

/**
 * What a person configured for git stays in force, in files as in variables; our own arguments are under our own
 * control. Agent CLIs configure their shells' git through variables, too: Gemini its credentials, Copilot the monitor.
 */
const configured = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeEditor: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePack: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeSubmodule: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
} as const;

export interface GitAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command whose exit code is its answer. Only a git that could not run, or had no room to, throws. */
export async function askGit(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitAnswer> {
  try {
    return { exitCode: 0, stdout: await run(directory, args, options), stderr: "" };
  } catch (error) {
    if (error instanceof GitFailure && !isDiskFull(error)) return error;
    throw error;
  }
}

/** Runs one command and returns its output without the last newline. */
export async function runGit(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return (await run(directory, args, options)).replace(/\n$/, "");
}

const attempts = 5;
/** git looks at all worktrees before it does anything, and gives up over one that another git is just making. */
const metHalfMadeWorktree = /failed to read worktrees\/\S+\/(commondir|gitdir)/;

async function run(directory: string, args: readonly string[], options: GitOptions): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openGit(directory, options).raw([...args]);
    } catch (error) {
      const isPassing = error instanceof GitFailure && metHalfMadeWorktree.test(error.stderr);
      if (!isPassing || attempt === attempts) throw error;
      await pause(20 * attempt);
    }
  }
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
