import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { openGit, askGit, runGit } from "./git.ts";

/**
 * Refs below a place, e.g. `refs/gt/`, that name nothing: an empty file after a power cut, a commit or tree that is not there.
 * git refuses to list or to make any other next to them.
 */
export async function brokenRefs(repository: string, place: string): Promise<readonly string[]> {
  const listed = await runGit(repository, ["for-each-ref", "--format=%(objectname) %(refname)", place]);
  const refs = listed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ commit: line.slice(0, line.indexOf(" ")), name: line.slice(line.indexOf(" ") + 1) }));
  const known = new Set(refs.map(({ name }) => name));
  const unread = looseRefs(repository, place).filter((name) => !known.has(name));
  if (refs.length === 0) return unread;
  const input = `${refs.map(({ commit }) => `${commit}^{tree}`).join("\n")}\n`;
  const answers = await openGit(repository, { input }).raw(["cat-file", "--batch-check"]);
  const lines = answers.split("\n");
  return [
    ...unread,
    ...refs.filter((_, index) => !/ tree \d+$/.test(lines[index] ?? "")).map(({ name }) => name),
  ];
}

/** Forgets refs that name nothing. */
export async function dropBrokenRefs(repository: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { exitCode } = await askGit(repository, ["update-ref", "--no-deref", "-d", name]);
    // git does not delete what it cannot read.
    if (exitCode !== 0) rmSync(join(gitDirectory(repository), name), { force: true });
  }
}

function looseRefs(repository: string, place: string): readonly string[] {
  const directory = gitDirectory(repository);
  if (!existsSync(join(directory, place))) return [];
  return readdirSync(join(directory, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}

/** Of a clone or a bare repository. */
const gitDirectory = (repository: string): string =>
  existsSync(join(repository, ".git")) ? join(repository, ".git") : repository;
