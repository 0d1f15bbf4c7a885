import { spawn } from "node:child_process";
import { join } from "node:path";
import type { CommandContext } from "../command.ts";

/** Runs `gt` with these words behind our back: whoever waits for us does not wait for that, and its end is its own. */
export function startGt(words: readonly string[], { env, cwd }: Pick<CommandContext, "env" | "cwd">): void {
  const program = process.argv[1] ?? join("bin", "gt");
  spawn(process.execPath, [program, ...words], { cwd, env, detached: true, stdio: "ignore" }).unref();
}
