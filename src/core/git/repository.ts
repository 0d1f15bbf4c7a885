import { appendFileSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GtError } from "../gt-error.ts";
import { currentBranch } from "./branch.ts";
import { askGit, runGit } from "./git.ts";

/** A repository as it lies on disk. */
export interface RepositoryFacts {
  /** Top of the work tree, or the repository itself when it is bare. */
  readonly root: string;
  readonly isBare: boolean;
  /** URL of the remote `origin`, if there is one. */
  readonly origin: string | undefined;
  /** Branch that is checked out, or that HEAD of a bare repository names. */
  readonly branch: string | undefined;
}

/** Undefined when there is no repository whose top is this very directory. */
export async function inspectRepository(directory: string): Promise<RepositoryFacts | undefined> {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const { exitCode, stdout } = await askGit(directory, [
    "rev-parse",
    "--is-bare-repository",
    "--absolute-git-dir",
  ]);
  if (exitCode !== 0) return undefined;
  const [bare, gitDirectory = ""] = stdout.trim().split("\n");
  const isBare = bare === "true";
  const top = isBare
    ? gitDirectory
    : (await askGit(directory, ["rev-parse", "--show-toplevel"])).stdout.trim();
  const root = realpathSync(directory);
  if (top === "" || realpathSync(top) !== root) return undefined;
  const [origin, branch] = await Promise.all([
    askGit(directory, ["config", "--get", "remote.origin.url"]),
    currentBranch(directory),
  ]);
  return {
    root,
    isBare,
    origin: origin.exitCode === 0 ? origin.stdout.trim() : undefined,
    branch,
  };
}

export interface BareCloneOptions {
  readonly url: string;
  readonly into: string;
  readonly branch: string;
  /** A local clone to borrow objects from while cloning; afterwards nothing depends on it. */
  readonly borrowFrom?: string;
  /** `blob:none` or `tree:0` for a partial clone. */
  readonly filter?: string;
  readonly pushUrl?: string;
  readonly upstreamUrl?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, percent: number) => void;
}

/**
 * The shared repository of a rig (spec/07 §5.3 step 3): bare, full history of the default branch, then all branches as
 * `origin/*`, which a bare clone does not fetch by itself. Maintenance is ours, so git's own gc is off.
 */
export async function cloneShared(options: BareCloneOptions): Promise<void> {
  const { url, into, branch, timeoutMs, signal, onProgress } = options;
  mkdirSync(dirname(into), { recursive: true });
  await runGit(
    dirname(into),
    [
      "clone",
      // Also without anybody watching: the time limit is one without a sign of life.
      "--progress",
      "--bare",
      "--single-branch",
      "--branch",
      branch,
      ...(options.borrowFrom ? [`--reference-if-able=${options.borrowFrom}`, "--dissociate"] : []),
      ...(options.filter ? [`--filter=${options.filter}`] : []),
      "--",
      url,
      into,
    ],
    {
      timeoutMs,
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress: (event) => onProgress(event.stage, event.progress) } : {}),
    },
  );
  const settings: readonly (readonly [string, string])[] = [
    ["remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"],
    ["core.logAllRefUpdates", "true"],
    ["gc.auto", "0"],
    ...(options.pushUrl ? [["remote.origin.pushurl", options.pushUrl] as const] : []),
  ];
  for (const [key, value] of settings) await runGit(into, ["config", "--replace-all", key, value]);
  if (options.upstreamUrl) await runGit(into, ["remote", "add", "--", "upstream", options.upstreamUrl]);
  await fetchOrigin(into, { timeoutMs, ...(signal ? { signal } : {}) });
}

/** Brings all `origin/*` up to date. Branches that are gone there go here too. */
export async function fetchOrigin(
  repository: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  await runGit(repository, ["fetch", "--prune", "--no-tags", "--quiet", "origin"], options);
}

/** Adds patterns to the repository's own `info/exclude`, shared by all its worktrees; a tracked file is never touched. */
export function excludePatterns(gitDirectory: string, patterns: readonly string[]): void {
  const file = join(gitDirectory, "info", "exclude");
  const present = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = new Set(present.split("\n"));
  const missing = patterns.filter((pattern) => !lines.has(pattern));
  if (missing.length === 0) return;
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${present === "" || present.endsWith("\n") ? "" : "\n"}${missing.join("\n")}\n`);
}

/** What we put into worktrees and never want to see in a commit (spec/04 §3.6). */
export const ourPatterns: readonly string[] = [
  ".runtime/",
  ".claude/",
  ".logs/",
  "__pycache__/",
  "CLAUDE.local.md",
  ".beads/redirect",
];

const oldestVersion = [2, 25] as const;

/** `E_PREREQ` when git is missing or older than 2.25 (spec/07 §9.1). Returns the version. */
export async function expectGit(directory: string): Promise<string> {
  const install =
    process.platform === "darwin"
      ? "brew install git"
      : "sudo apt-get install git  (or: sudo dnf install git)";
  const found = await runGit(directory, ["--version"]).catch((error: unknown) => {
    throw new GtError("E_PREREQ", "git 2.25 or newer is required, found none", {
      hint: install,
      cause: error,
    });
  });
  const version = /(\d+)\.(\d+)[.\d]*/.exec(found);
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
  if (major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]))
    return version?.[0] ?? "";
  throw new GtError("E_PREREQ", `git 2.25 or newer is required, found ${version?.[0] ?? found}`, {
    hint: install,
  });
}

/** The nearest directory upwards that a git repository governs; undefined when there is none. */
export async function repositoryAround(directory: string): Promise<string | undefined> {
  let at = resolve(directory);
  while (!existsSync(at)) at = dirname(at);
  const { exitCode, stdout } = await askGit(at, ["rev-parse", "--show-toplevel"]);
  return exitCode === 0 ? stdout.trim() : undefined;
}
