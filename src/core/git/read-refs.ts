import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { gitDirectoryOf } from "./git-directory.ts";

/**
 * The refs of a repository as git's own files have them, for what is asked at each prompt: starting a git takes longer than
 * all the rest. A repository may be bare. Undefined where git keeps its refs in another way, and for what is no repository;
 * then git must be asked.
 */
export function readRefs(directory: string): Refs | undefined {
  const own = gitDirectoryOf(directory) ?? bareDirectory(directory);
  if (own === undefined || !existsSync(join(own, "HEAD"))) return undefined;
  const link = textOf(join(own, "commondir"));
  const shared = link === undefined ? own : resolve(own, link.trim());
  return existsSync(join(shared, "reftable")) ? undefined : new Refs(own, shared);
}

function bareDirectory(repository: string): string | undefined {
  return existsSync(join(repository, "objects")) && existsSync(join(repository, "refs"))
    ? repository
    : undefined;
}

class Refs {
  readonly #own: string;
  readonly #shared: string;
  #packed: string | undefined;

  constructor(own: string, shared: string) {
    this.#own = own;
    this.#shared = shared;
  }

  /** The commit that is checked out; undefined on a branch without any. */
  head(): string | undefined {
    const text = textOf(join(this.#own, "HEAD"))?.trim() ?? "";
    return text.startsWith("ref: ") ? this.commit(text.slice(5)) : text;
  }

  /** Name of the branch that is checked out; undefined on a detached HEAD. */
  branch(): string | undefined {
    return /^ref: refs\/heads\/(.+)$/.exec(textOf(join(this.#own, "HEAD"))?.trim() ?? "")?.[1];
  }

  /** What a ref with a full name, e.g. `refs/heads/main`, points to; undefined when there is none. */
  commit(name: string): string | undefined {
    const loose = textOf(join(this.#shared, name))?.trim();
    if (loose?.startsWith("ref: ")) return this.commit(loose.slice(5));
    if (loose !== undefined && loose !== "") return loose;
    const packed = this.#packedText();
    const at = packed.indexOf(` ${name}\n`);
    return at === -1 ? undefined : packed.slice(packed.lastIndexOf("\n", at) + 1, at);
  }

  /** Whether there is any ref below, e.g. `refs/tags`. */
  hasBelow(name: string): boolean {
    const directory = join(this.#shared, name);
    const hasLoose =
      statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true &&
      readdirSync(directory).length > 0;
    return hasLoose || this.#packedText().includes(` ${name}/`);
  }

  #packedText(): string {
    this.#packed ??= textOf(join(this.#shared, "packed-refs")) ?? "";
    return this.#packed;
  }
}

function textOf(file: string): string | undefined {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
    ? readFileSync(file, "utf8")
    : undefined;
}
