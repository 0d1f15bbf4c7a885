import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { redact } from "../../core/redact.ts";
import { version } from "../../core/version.ts";

export interface Defect {
  readonly program: string;
  /** Command words, never arguments. */
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Writes what a maintainer needs to find a defect, and returns the error that names the file (spec/07 §1.5). */
export function reportDefect(error: unknown, shown: GtError, defect: Defect): GtError {
  const file = writeReport(crashDirectory(defect.env), error, defect);
  return new GtError("E_INTERNAL", `this is a defect of ${defect.program}: ${shown.message}`, {
    why: file === undefined ? [] : [`a report is in ${file}`],
    cause: error,
  });
}

function writeReport(directory: string, error: unknown, { program, words, env }: Defect): string | undefined {
  const stamp = new Date().toISOString().replace(/[:.]/g, "-");
  const file = join(directory, `${stamp}-${process.pid}.txt`);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = [
    `gastown ${version}`,
    `node ${process.version} ${process.platform} ${process.arch}`,
    `command ${[program, ...words].join(" ")}`,
    "",
    redact(stack, env),
    "",
  ];
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, lines.join("\n"), { mode: 0o600 });
    return file;
  } catch {
    // The report must not hide the failure that it is about.
    return undefined;
  }
}

function crashDirectory(env: NodeJS.ProcessEnv): string {
  const state = env["XDG_STATE_HOME"] || join(env["HOME"] || homedir(), ".local", "state");
  return join(state, "gastown", "crash");
}
