import { spawn } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../core/package-root.ts";
import { sanitise } from "../../core/sanitise.ts";

export interface CommandResult {
  readonly code: number;
  /** Output and errors together, as lines that are safe to show. */
  readonly lines: readonly string[];
}

/** Runs `gt` or `bd` as the person would in the town: what the TUI does can always be done without it. */
export type RunCommand = (program: "gt" | "bd", args: readonly string[]) => Promise<CommandResult>;

const outputLimit = 256 * 1024;

export function commandRunner(options: {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}): RunCommand {
  const bin = join(packageRoot(), "bin");
  return (program, args) =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [join(bin, program), ...args], {
        cwd: options.cwd,
        env: { ...options.env, NO_COLOR: "1", CI: "" },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      const take = (chunk: string) => {
        if (output.length < outputLimit) output += chunk;
      };
      child.stdout.setEncoding("utf8").on("data", take);
      child.stderr.setEncoding("utf8").on("data", take);
      child.on("error", (error) => resolve({ code: 1, lines: [error.message] }));
      child.on("close", (code) => {
        const lines = sanitise(output).replace(/\t/g, "    ").trimEnd().split("\n");
        resolve({ code: code ?? 1, lines });
      });
    });
}
