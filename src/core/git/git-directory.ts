import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";

/** The worktree's own git directory as its `.git` file names it; undefined when it names none. */
export function gitDirectoryOf(worktree: string): string | undefined {
  const link = join(worktree, ".git");
  const found = statSync(link, { throwIfNoEntry: false });
  if (found?.isDirectory()) return link;
  if (!found?.isFile()) return undefined;
  const target = /^gitdir: (.+?)\s*$/.exec(readFileSync(link, "utf8"))?.[1];
  if (target === undefined) return undefined;
  return isAbsolute(target) ? target : resolve(worktree, target);
}
