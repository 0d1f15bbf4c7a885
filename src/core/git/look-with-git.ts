import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { gitConfiguration, gitEnvironment } from "./git-environment.ts";

const execute = promisify(execFile);

const limits = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };

/**
 * Output of a git command that only looks, without the last newline: `runGit` for what agents ask at each prompt. Loading
 * simple-git takes longer than git's answer, so it is loaded when this git fails, to try again where that helps and to say
 * what is wrong.
 */
export async function lookWithGit(directory: string, args: readonly string[]): Promise<string> {
  const settings = gitConfiguration.flatMap((setting) => ["-c", setting]);
  try {
    const env = gitEnvironment({});
    const { stdout } = await execute("git", [...settings, ...args], { cwd: directory, env, ...limits });
    return stdout.replace(/\n$/, "");
  } catch {
    const { runGit } = await import("./git.ts");
    return runGit(directory, args);
  }
}
