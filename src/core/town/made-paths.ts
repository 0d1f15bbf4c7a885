import { existsSync, lstatSync, mkdirSync, rmdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { GtError } from "../gt-error.ts";
import { writeFileAtomic } from "./write-file.ts";

/** What one run has made below a directory, so that a failing run takes away exactly that. */
export class MadePaths {
  readonly #root: string;
  readonly #made: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  /** Relative to the root, in the order of making. */
  get paths(): readonly string[] {
    return this.#made.map((path) => relative(this.#root, path) || ".");
  }

  /** Makes the directory and the missing ones above it. `E_EXISTS` when a file is in the way. */
  directory(path: string, mode: number): void {
    const full = join(this.#root, path);
    const found = statSync(full, { throwIfNoEntry: false });
    if (found?.isDirectory()) return;
    if (found) throw inTheWay(full);
    const missing: string[] = [];
    for (let at = full; !existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const at of missing) {
      mkdirSync(at, { mode: at === full ? mode : 0o755 });
      this.#made.push(at);
    }
  }

  /** Writes the file unless there is one. */
  async file(path: string, content: string | object, mode = 0o644): Promise<void> {
    const full = join(this.#root, path);
    const found = statSync(full, { throwIfNoEntry: false });
    if (found?.isDirectory()) throw inTheWay(full);
    if (found) return;
    this.directory(dirname(path), 0o755);
    this.note(path);
    await writeFileAtomic(
      full,
      typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`,
      { mode },
    );
  }

  /** Makes a symbolic link unless something of that name is there. */
  link(path: string, target: string): void {
    const full = join(this.#root, path);
    if (lstatSync(full, { throwIfNoEntry: false })) return;
    symlinkSync(target, full);
    this.note(path);
  }

  /** Remembers a path that somebody else is about to make. */
  note(path: string): void {
    this.#made.push(join(this.#root, path));
  }

  exists(path: string): boolean {
    return existsSync(join(this.#root, path));
  }

  /** Removes what was made, newest first. A directory in which others have put something stays. */
  undo(): void {
    for (const path of this.#made.reverse()) {
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (!found) continue;
      if (!found.isDirectory()) rmSync(path, { force: true });
      else removeIfEmpty(path);
    }
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Not empty: it holds something that this run did not make.
  }
}

function inTheWay(path: string): GtError {
  return new GtError("E_EXISTS", `${path} is in the way`, {
    why: ["something of another kind already has this name; nothing was changed"],
    hint: `mv ${path} ${path}.old`,
  });
}
