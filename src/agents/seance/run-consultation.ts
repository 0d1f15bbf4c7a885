import { spawn } from "node:child_process";
import type { Consultation } from "./consult.ts";

const tailBytes = 4096;

export interface ConsultationEnd {
  /** As a shell would say it: 128 and the signal's number for a killed one. */
  readonly code: number;
  /** The end of what it said on stderr; empty when the terminal is its own. */
  readonly stderr: string;
}

/**
 * Runs the consulted program in the caller's terminal. `interactive` hands it the whole terminal; otherwise it answers on
 * stdout and is ended by `signal`.
 */
export async function runConsultation(
  { argv, env, cwd }: Consultation,
  options: { readonly mode: "interactive" | "question"; readonly signal?: AbortSignal },
): Promise<ConsultationEnd> {
  const [program = "", ...args] = argv;
  const isInteractive = options.mode === "interactive";
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: isInteractive ? "inherit" : ["ignore", "inherit", "pipe"],
  });
  const stop = (): void => void child.kill("SIGTERM");
  options.signal?.addEventListener("abort", stop, { once: true });
  // The terminal sends Ctrl-C to the whole group; in an interactive talk it is the child's.
  const ignore = (): void => {};
  if (isInteractive) process.on("SIGINT", ignore);
  let stderr = "";
  child.stderr?.setEncoding("utf8");
  child.stderr?.on("data", (text: string) => {
    stderr = (stderr + text).slice(-tailBytes);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status, signal) => resolve(status ?? (signal === "SIGINT" ? 130 : 143)));
    });
    return { code: options.signal?.aborted === true ? 130 : code, stderr };
  } finally {
    options.signal?.removeEventListener("abort", stop);
    process.off("SIGINT", ignore);
  }
}
