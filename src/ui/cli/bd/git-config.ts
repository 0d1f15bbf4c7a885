import { execFileSync } from "node:child_process";

/** A value of git's own configuration in this directory; undefined when it is not set or there is no git. */
export function gitConfig(cwd: string, key: "user.name" | "user.email"): string | undefined {
  try {
    const value = execFileSync("git", ["config", "--get", key], {
      cwd,
      encoding: "utf8",
      timeout: 10_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return value.trim() || undefined;
  } catch {
    // Exit code 1: not set.
    return undefined;
  }
}
