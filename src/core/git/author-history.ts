import { extname } from "node:path";
import { runGit } from "./git.ts";

/** What one author has committed on any branch, the fetched ones too. */
export interface AuthorHistory {
  readonly commits: number;
  /** Number of commits that touched a file of the extension, e.g. `.ts`; most first. */
  readonly extensions: readonly (readonly [extension: string, commits: number])[];
  /** Number of commits by the prefix of their subject, e.g. `fix`; most first. */
  readonly kinds: readonly (readonly [kind: string, commits: number])[];
}

/** `authors` are names as commits have them, matched as a whole: those of one author. */
export async function authorHistory(
  repository: string,
  ...authors: readonly string[]
): Promise<AuthorHistory> {
  const output = await runGit(repository, [
    "log",
    "--no-merges",
    "--branches",
    "--remotes",
    "--fixed-strings",
    ...authors.map((author) => `--author=${author} <`),
    "--name-only",
    "--format=%x1e%s",
    "--",
  ]);
  const extensions = new Map<string, number>();
  const kinds = new Map<string, number>();
  const commits = output.split("\u001e").filter((record) => record.trim() !== "");
  for (const commit of commits) {
    const [subject = "", ...paths] = commit.split("\n").filter((line) => line !== "");
    const kind = /^([a-z]+)(?:\([^)]*\))?!?:/.exec(subject)?.[1];
    if (kind !== undefined) count(kinds, kind);
    for (const extension of new Set(paths.map((path) => extname(path)).filter((each) => each !== "")))
      count(extensions, extension);
  }
  return { commits: commits.length, extensions: mostFirst(extensions), kinds: mostFirst(kinds) };
}

const count = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);

const mostFirst = (counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...counts].sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1));
