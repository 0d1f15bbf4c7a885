import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { askGit, runGit } from "../../git/git.ts";
import { inspectRepository } from "../../git/repository.ts";
import { GtError } from "../../gt-error.ts";
import { readJsonFile } from "../../town/json-file.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { ScopePlace } from "../town-scopes.ts";
import { isConfirmed, type LineCounts, type Spike, spikesBetween } from "./spike.ts";

/** Everything that is not derived from something else, nor the history of changes, which only grows. */
const tables = [
  ...["issues", "agents", "dependencies", "labels", "comments", "tombstones", "child_counters"],
  ...["external_refs", "prefixes", "config", "kv", "runtime_rows", "meta"],
];
const countsFile = "line-counts.json";
/** What a look has found that was not believed; no part of the backup. */
const spikeFile = ".spike-counts.json";

export interface GitBackupOptions {
  /** A repository for nothing but this; made when there is none. */
  readonly repository: string;
  readonly scopes: readonly ScopePlace[];
  readonly author: { readonly name: string; readonly email: string };
}

export type GitBackup =
  | { readonly state: "committed"; readonly commit: string }
  | { readonly state: "unchanged" }
  /** Nothing was written; the same again at the next look is believed. */
  | { readonly state: "withheld"; readonly spikes: readonly Spike[] };

/**
 * Commits all tables and the exported beads as lines of JSON (spec/04 §10.4, D16). `E_BACKUP_REPO` for a directory that
 * holds something else.
 */
export async function backUpToGit(ledger: SqliteLedger, options: GitBackupOptions): Promise<GitBackup> {
  const { repository, author } = options;
  await openRepository(repository);
  const files = ledger.database.read(() => filesOf(ledger, options.scopes));
  const counts = Object.fromEntries([...files].map(([path, lines]) => [path, lines.length]));
  const spikes = spikesBetween(await committedCounts(repository), counts);
  const held = join(repository, spikeFile);
  if (spikes.length > 0 && !isConfirmed(spikes, existsSync(held) ? readCounts(held) : undefined)) {
    writeFileSync(held, `${JSON.stringify(counts)}\n`);
    return { state: "withheld", spikes };
  }
  rmSync(held, { force: true });
  for (const [path, lines] of files) writeLines(join(repository, path), lines);
  writeFileSync(join(repository, countsFile), `${JSON.stringify(counts, null, 1)}\n`);
  const own = [countsFile, ...new Set([...files.keys()].map((path) => dirname(path)))];
  await runGit(repository, ["add", "--all", "--", ...own]);
  if ((await askGit(repository, ["diff", "--cached", "--quiet"])).exitCode === 0)
    return { state: "unchanged" };
  const identity = ["-c", `user.name=${author.name}`, "-c", `user.email=${author.email}`];
  const message = `Ledger at change ${await ledger.head()}`;
  await runGit(repository, [...identity, "commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message]);
  return { state: "committed", commit: await runGit(repository, ["rev-parse", "HEAD"]) };
}

/** A directory that is a repository of its own; an empty or missing one becomes one. */
async function openRepository(repository: string): Promise<void> {
  mkdirSync(repository, { recursive: true });
  if ((await inspectRepository(repository)) !== undefined) return;
  if (readdirSync(repository).length > 0)
    throw new GtError("E_BACKUP_REPO", `${repository} is neither empty nor a git repository`, {
      hint: "gt config set backup.git_repo <directory>",
    });
  await runGit(repository, ["init", "--quiet"]);
}

function filesOf(
  { database }: SqliteLedger,
  scopes: readonly ScopePlace[],
): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, readonly string[]>();
  for (const table of tables) {
    const rows = database.all(`SELECT * FROM ${table} ORDER BY 1, 2`);
    files.set(
      `tables/${table}.jsonl`,
      rows.map((row) => JSON.stringify(row)),
    );
  }
  for (const { scope, path } of scopes)
    if (existsSync(path)) files.set(`exports/${scope}.jsonl`, linesOf(readFileSync(path, "utf8")));
  return files;
}

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

function writeLines(file: string, lines: readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
}

/** None before the first commit. */
async function committedCounts(repository: string): Promise<LineCounts> {
  const { exitCode, stdout } = await askGit(repository, ["show", `HEAD:${countsFile}`]);
  return exitCode === 0 ? (JSON.parse(stdout) as LineCounts) : {};
}

const readCounts = (file: string): LineCounts | undefined => {
  try {
    return readJsonFile(file) as LineCounts | undefined;
  } catch {
    return undefined; // half-written: seen once more, it is believed
  }
};
