import { execFile } from "node:child_process";
import { GtError } from "../../core/gt-error.ts";

export interface GhAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `gh` program. Any exit code is an answer; `E_GH` when it cannot be run at all. */
export type RunGh = (args: readonly string[]) => Promise<GhAnswer>;

const limitMs = 60_000;

/** gh as it runs in a directory, without prompts, colours and pager, for at most a minute. */
export function ghIn(directory: string): RunGh {
  return (args) =>
    new Promise((resolve, reject) => {
      execFile(
        "gh",
        [...args],
        {
          cwd: directory,
          env: { ...process.env, GH_PROMPT_DISABLED: "1", NO_COLOR: "1", GH_PAGER: "cat" },
          timeout: limitMs,
          maxBuffer: 16 * 1024 * 1024,
        },
        (error, stdout, stderr) => {
          if (error === null) resolve({ code: 0, stdout, stderr });
          else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
          else reject(cannotRun(error));
        },
      );
    });
}

function cannotRun(error: Error): GtError {
  return new GtError("E_GH", "gh cannot be run", {
    why: [error.message],
    hint: "install gh from https://cli.github.com, then: gh auth login",
    cause: error,
  });
}
