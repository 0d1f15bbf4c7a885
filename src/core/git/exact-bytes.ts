import { createHash } from "node:crypto";
import { createReadStream, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type GitOptions, openGit, runGit } from "./git.ts";
import { defaultMaxFileMb } from "./unkept-files.ts";

/** A file whose bytes in the worktree are not what a checkout of its blob gives. */
interface InexactFile {
  readonly path: string;
  /** As git has it, e.g. `100755`. */
  readonly mode: string;
}

/** Where `inexactFiles` looks. */
export interface AddedFiles {
  readonly head: string;
  /** Options for git when the index was filled without the filters of the project's attributes; usually none. */
  readonly withoutFilters: readonly string[];
  /** For the git that sees this index. */
  readonly withIndex: GitOptions;
}

/**
 * The files differing from HEAD that git would not give back byte by byte: line ends that it normalises, and filters that
 * leave something out, such as the output cells of a notebook. An index that has just been filled is compared with the files.
 */
export async function inexactFiles(
  worktree: string,
  { head, withoutFilters, withIndex }: AddedFiles,
): Promise<readonly InexactFile[]> {
  const output = await runGit(
    worktree,
    [
      ...withoutFilters,
      "diff-index",
      "--cached",
      "--no-renames",
      "--no-abbrev",
      "-z",
      "--diff-filter=AMT",
      head,
      "--",
    ],
    withIndex,
  );
  const inexact: InexactFile[] = [];
  for (const [, mode = "", blob = "", path = ""] of output.matchAll(
    /:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) \w+\0([^\0]+)\0/g,
  )) {
    if (!mode.startsWith("100")) continue;
    const file = join(worktree, path);
    const size = lstatSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) continue; // deleted since, or of a name that is no text
    const id = await blobId(createReadStream(file), size, blob.length);
    const isExact =
      withoutFilters.length === 0 && (id === blob || (await givesBack(worktree, { path, blob, id, size })));
    if (!isExact) inexact.push({ path, mode });
  }
  return inexact;
}

/** Whether a checkout writes the bytes that are there. What is too large to be tried is left to its filter. */
async function givesBack(
  worktree: string,
  { path, blob, id, size }: { path: string; blob: string; id: string; size: number },
): Promise<boolean> {
  if (size > defaultMaxFileMb * 1024 * 1024) return true;
  try {
    const bytes = await openGit(worktree).binaryCatFile(["--filters", `--path=${path}`, blob]);
    return (await blobId([bytes], bytes.length, blob.length)) === id;
  } catch {
    return false; // its filter does not work here
  }
}

/** The name that git gives to the bytes. */
async function blobId(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  size: number,
  idLength: number,
): Promise<string> {
  const hash = createHash(idLength === 40 ? "sha1" : "sha256").update(`blob ${size}\0`);
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** A tree of the files with exactly their bytes; undefined without files. `withIndex` names an index that is not there. */
export async function treeOfBytes(
  worktree: string,
  files: readonly InexactFile[],
  withIndex: GitOptions,
): Promise<string | undefined> {
  if (files.length === 0) return undefined;
  let index = "";
  for (const { path, mode } of files) {
    const blob = await runGit(worktree, ["hash-object", "-w", "--no-filters", "--", path]);
    index += `${mode} ${blob}\t${path}\0`;
  }
  await runGit(worktree, ["update-index", "-z", "--index-info"], { ...withIndex, input: index });
  return runGit(worktree, ["write-tree"], withIndex);
}

/** Writes the files of such a tree into the worktree. With `isWanted` only those. */
export async function writeBytes(
  worktree: string,
  commit: string,
  isWanted: (path: string) => boolean = () => true,
): Promise<void> {
  const output = await runGit(worktree, ["ls-tree", "-r", "-z", "--full-tree", commit]);
  for (const [, mode, blob = "", path = ""] of output.matchAll(/(\d+) blob ([0-9a-f]+)\t([^\0]+)/g)) {
    if (!isWanted(path)) continue;
    const file = join(worktree, path);
    const bytes = await openGit(worktree).binaryCatFile(["blob", blob]);
    // A new file: the present one might be a link.
    rmSync(file, { force: true });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes, { flag: "wx", mode: mode === "100755" ? 0o777 : 0o666 });
  }
}
