import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { watchOrigin } from "./watched-origins.ts";

/** Runs real git for a test's own set-up and returns what it printed. */
export function git(directory: string, ...args: readonly string[]): string {
  return execFileSync("git", ["-C", directory, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      GIT_AUTHOR_NAME: "Test",
      GIT_AUTHOR_EMAIL: "test@example.com",
      GIT_COMMITTER_NAME: "Test",
      GIT_COMMITTER_EMAIL: "test@example.com",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
    },
  }).trim();
}

export type Files = Readonly<Record<string, string>>;

/** Writes files below a directory. */
export function writeFiles(directory: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** Commits all files of a worktree and returns the commit. */
export function commit(directory: string, message: string, files: Files = {}): string {
  writeFiles(directory, files);
  git(directory, "add", "--all");
  git(directory, "commit", "--quiet", "--allow-empty", "-m", message);
  return git(directory, "rev-parse", "HEAD");
}

/** A repository with a work tree, one commit on `main` and the given files. */
export function scratchRepository(directory: string, files: Files = { "README.md": "# project\n" }): string {
  mkdirSync(directory, { recursive: true });
  git(directory, "init", "--quiet", "--initial-branch=main");
  commit(directory, "Begin", files);
  return directory;
}

/** The same as a bare repository, as a server would hold it. What is pushed to its branches is judged at the end. */
export function scratchOrigin(directory: string, files?: Files): string {
  const work = scratchRepository(`${directory}.work`, files);
  git(dirname(directory), "clone", "--quiet", "--bare", work, directory);
  git(directory, "remote", "remove", "origin");
  git(directory, "config", "core.logAllRefUpdates", "always");
  watchOrigin(directory);
  rmSync(work, { recursive: true, force: true });
  return directory;
}
