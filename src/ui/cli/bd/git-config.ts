import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A value of git's own configuration in this directory; undefined when it is not set or there is no git. */
export function gitConfig(
  cwd: string,
  key: "user.name" | "user.email",
  env: NodeJS.ProcessEnv,
): string | undefined {
  const read = readDirectly(cwd, key.slice("user.".length), env);
  return read.isCertain ? read.value : askGit(cwd, key);
}

/**
 * The common case without starting git, which takes as long as the whole command: plain `[user]` sections in the
 * repository's and the person's files. Includes, redirected files and quoting are left to git.
 */
function readDirectly(
  cwd: string,
  name: string,
  env: NodeJS.ProcessEnv,
): { readonly isCertain: boolean; readonly value?: string } {
  const home = env["HOME"];
  const isRedirected = Object.keys(env).some((variable) =>
    /^GIT_(?:CONFIG_(?!NOSYSTEM)|DIR$)/.test(variable),
  );
  if (home === undefined || isRedirected) return { isCertain: false };
  const texts = [
    join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "git", "config"),
    join(home, ".gitconfig"),
    join(cwd, ".git", "config"),
  ].map(textOf);
  if (texts.some((text) => /^\s*\[include/im.test(text))) return { isCertain: false };
  let value: string | undefined;
  let section = "";
  for (const line of texts.join("\n").split("\n")) {
    section = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]?.toLowerCase() ?? section;
    const [, key = "", text = ""] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== "user" || key.toLowerCase() !== name) continue;
    if (/["\\#;]/.test(text)) return { isCertain: false };
    value = text;
  }
  // Not found may still mean: set by the system, or in a repository further up.
  return value === undefined ? { isCertain: false } : { isCertain: true, value };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Not there.
    return "";
  }
}

function askGit(cwd: string, key: string): string | undefined {
  try {
    const value = process
      .getBuiltinModule("node:child_process")
      .execFileSync("git", ["config", "--get", key], {
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
