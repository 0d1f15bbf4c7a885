import { type Stats, statSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { askGit } from "./git.ts";
import { gitDirectoryOf } from "./git-directory.ts";

/** How many directories all watches of a process may follow: the kernel's supply is shared with everybody. */
export class WatchBudget {
  #left: number;

  constructor(directories: number) {
    this.#left = directories;
  }

  /** As many as there are, at most `wanted`. */
  take(wanted: number): number {
    const granted = Math.max(0, Math.min(wanted, this.#left));
    this.#left -= granted;
    return granted;
  }

  giveBack(directories: number): void {
    this.#left += directories;
  }
}

export type Progress = "head" | "index" | "file";

export interface WatchOptions {
  readonly budget: WatchBudget;
  /** At most this many directories of the worktree itself; the rest is known by its commits alone. */
  readonly mostDirectories?: number;
  /** Called at most once per `quietMs` for each kind. */
  readonly onProgress: (kind: Progress) => void;
  /** Changes within this time are one (default 1000 ms). */
  readonly quietMs?: number;
}

export interface WorktreeWatch {
  /** Our own snapshot or reset is about to change things: nothing counts as progress for 2 s. */
  disregard(ms?: number): void;
  close(): void;
}

/** Never work of the agent, wherever it appears (spec/04 §1.6). */
const neverCounts =
  /(^|\/)(\.git|\.beads|\.claude|\.codex|\.gemini|\.runtime|\.logs|__pycache__|node_modules)(\/|$)|(^|\/)(CLAUDE\.local\.md|\.gt-agent)$|\.(swp|tmp)$|~$/;

/**
 * Sees the strong signs of progress in a worktree: HEAD, the index, files that git does not ignore (spec/04 §1.6).
 * chokidar is told to follow directories and not the single files in them: one kernel watch for each directory that
 * holds tracked files, as far as the budget goes. Nothing runs while nothing changes.
 */
export async function watchWorktree(worktree: string, options: WatchOptions): Promise<WorktreeWatch> {
  const watcher = new WorktreeWatcher(worktree, options);
  await watcher.start();
  return watcher;
}

class WorktreeWatcher implements WorktreeWatch {
  readonly #worktree: string;
  readonly #options: WatchOptions;
  #watcher: FSWatcher | undefined;
  readonly #followed = new Map<string, (name: string) => void>();
  #granted = 0;
  #deafUntil = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #seen = new Set<Progress>();
  readonly #paths = new Set<string>();

  constructor(worktree: string, options: WatchOptions) {
    this.#worktree = worktree;
    this.#options = options;
  }

  async start(): Promise<void> {
    const git = gitDirectoryOf(this.#worktree);
    if (git === undefined) return;
    this.#follow(git, (name) =>
      this.#note(name === "HEAD" ? "head" : name === "index" ? "index" : undefined),
    );
    // A commit leaves HEAD as it is, but writes it into the log.
    this.#follow(join(git, "logs"), (name) => this.#note(name === "HEAD" ? "head" : undefined));
    const directories = await this.#directories();
    if (this.#isClosed) return;
    for (const directory of directories)
      this.#follow(directory, (name) => this.#noteFile(join(directory, name)));
    await this.#listen();
  }

  disregard(ms = 2000): void {
    this.#deafUntil = performance.now() + ms;
    this.#seen.clear();
    this.#paths.clear();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    void this.#watcher?.close();
    this.#options.budget.giveBack(this.#granted);
    this.#granted = 0;
  }

  #follow(directory: string, onChange: (name: string) => void): void {
    if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
    if (this.#options.budget.take(1) === 0) return;
    this.#granted++;
    this.#followed.set(directory, onChange);
  }

  /** Resolves when every directory is followed: what happens from then on is seen. */
  async #listen(): Promise<void> {
    const isFollowed = (path: string, stats: Stats | undefined): boolean =>
      this.#followed.has(path) && stats?.isFile() !== true;
    const watcher = watch([...this.#followed.keys()], {
      depth: 0,
      ignoreInitial: true,
      persistent: false,
      ignored: (path, stats) => !isFollowed(path, stats),
    });
    this.#watcher = watcher;
    // The kernel names what changed inside a followed directory; chokidar's own events are about watched files.
    watcher.on("raw", (_event, name, details) => {
      const { watchedPath } = details as { readonly watchedPath?: string };
      if (name && watchedPath !== undefined) this.#followed.get(watchedPath)?.(name);
    });
    // A directory went away: what it told is told, and its parent tells the rest.
    watcher.on("error", () => undefined);
    await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  }

  /** Directories with tracked files, the upper ones first. */
  async #directories(): Promise<readonly string[]> {
    const { stdout } = await askGit(this.#worktree, ["ls-files", "-z"]);
    const directories = new Set([this.#worktree]);
    for (const file of stdout.split("\0")) {
      if (file === "") continue;
      for (let at = dirname(file); at !== "."; at = dirname(at)) directories.add(join(this.#worktree, at));
    }
    const depth = (path: string) => path.split(sep).length;
    return [...directories]
      .sort((one, other) => depth(one) - depth(other))
      .slice(0, this.#options.mostDirectories ?? 256);
  }

  #noteFile(path: string): void {
    const inside = relative(this.#worktree, path);
    if (neverCounts.test(inside) || performance.now() < this.#deafUntil) return;
    this.#paths.add(inside);
    this.#schedule();
  }

  #note(kind: Progress | undefined): void {
    if (kind === undefined || performance.now() < this.#deafUntil) return;
    this.#seen.add(kind);
    this.#schedule();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#report();
    }, this.#options.quietMs ?? 1000).unref();
  }

  async #report(): Promise<void> {
    const kinds = [...this.#seen];
    const paths = [...this.#paths];
    this.#seen.clear();
    this.#paths.clear();
    for (const kind of kinds) this.#options.onProgress(kind);
    if (paths.length === 0) return;
    const isWork = await this.#isAnyTracked(paths);
    if (isWork && !this.#isClosed) this.#options.onProgress("file");
  }

  /** Git knows what it ignores; asked once for all changes of a moment, and only when something changed. */
  async #isAnyTracked(paths: readonly string[]): Promise<boolean> {
    try {
      const input = `${paths.join("\0")}\0`;
      const { exitCode, stdout } = await askGit(this.#worktree, ["check-ignore", "-z", "--stdin"], { input });
      if (exitCode > 1) return false;
      const ignored = new Set(stdout.split("\0"));
      return paths.some((path) => !ignored.has(path));
    } catch {
      // The worktree was removed under our eyes.
      return false;
    }
  }
}
