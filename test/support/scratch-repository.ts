import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { keepMade, madePlace, workshop } from "./made-once.ts";
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
      GIT_CONFIG_GLOBAL: join(import.meta.dirname, "gitconfig"),
      GIT_CONFIG_NOSYSTEM: "1",
    },
  }).trim();
}

export type Files = Readonly<Record<string, string>>;

const readme: Files = { "README.md": "# project\n" };

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
export function scratchRepository(directory: string, files: Files = readme): string {
  mkdirSync(directory, { recursive: true });
  git(directory, "init", "--quiet", "--initial-branch=main");
  commit(directory, "Begin", files);
  return directory;
}

/** The same as a bare repository, as a server would hold it. What is pushed to its branches is judged at the end. */
export function scratchOrigin(directory: string, files: Files = readme): string {
  cpSync(bareRepository(files), directory, { recursive: true });
  watchOrigin(directory);
  return directory;
}

/** What origins with these files are copied from: each of git's processes takes its time. */
function bareRepository(files: Files): string {
  const key = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
  const place = madePlace(`origin-${key}`);
  if (existsSync(place)) return place;
  const shop = workshop();
  const bare = join(shop, "bare");
  git(shop, "clone", "--quiet", "--bare", "--template=", scratchRepository(join(shop, "work"), files), bare);
  git(bare, "remote", "remove", "origin");
  git(bare, "config", "core.logAllRefUpdates", "always");
  mkdirSync(join(bare, "hooks"));
  keepMade(bare, place, shop);
  return place;
}
