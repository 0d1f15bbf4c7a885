import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface CliResult {
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one document on stdout. */
  json<T = unknown>(): T;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
}

const bin = join(import.meta.dirname, "../../bin");
const gitConfig = join(import.meta.dirname, "gitconfig");
let home: string | undefined;

/** Runs the built `gt` (build first: `npx node build.mjs`) with nothing of this shell's environment but PATH. */
export function runGt(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runProgram("gt", args, options);
}

/** Runs the built `bd` the same way. */
export function runBd(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runProgram("bd", args, options);
}

/** The environment in which `runGt` and `runBd` run, for tests that start the program in another way. */
export function cliEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: scratchHome(),
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Test",
    GIT_AUTHOR_EMAIL: "test@example.com",
    GIT_COMMITTER_NAME: "Test",
    GIT_COMMITTER_EMAIL: "test@example.com",
    ...extra,
  };
}

function runProgram(program: "gt" | "bd", args: readonly string[], options: CliOptions): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(bin, program), ...args], {
      cwd: options.cwd ?? scratchHome(),
      env: cliEnv(options.env),
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMs ?? 60_000,
      killSignal: "SIGKILL",
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => stdout.push(part));
    child.stderr.on("data", (part: Buffer) => stderr.push(part));
    // A command that does not read its input closes the pipe early.
    child.stdin.on("error", () => undefined).end(options.input ?? "");
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const text = Buffer.concat(stdout).toString("utf8");
      resolve({
        code: code ?? -1,
        signal,
        stdout: text,
        stderr: Buffer.concat(stderr).toString("utf8"),
        json: <T>() => JSON.parse(text) as T,
      });
    });
  });
}

function scratchHome(): string {
  if (home === undefined) {
    const made = mkdtempSync(join(process.env["GT_TEST_HOMES"] ?? tmpdir(), "gt-home-"));
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
    copyFileSync(gitConfig, join(made, ".gitconfig"));
    home = made;
  }
  return home;
}
