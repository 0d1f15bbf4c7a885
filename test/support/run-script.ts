import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface Script {
  readonly child: ChildProcess;
  /** Standard output so far. */
  output(): string;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** Runs a module of TypeScript text in a process of its own; `src/...` imports are the repository's. */
export function runScript(text: string, options: { readonly env?: NodeJS.ProcessEnv } = {}): Script {
  const root = join(import.meta.dirname, "../..");
  const source = text.replaceAll(/from "(src|test)\//g, `from "${root}/$1/`);
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", source], {
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    output: () => output,
    ended: new Promise((resolve) => child.on("close", (code, signal) => resolve(code ?? signal))),
  };
}
