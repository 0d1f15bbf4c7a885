import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { resolveCommit } from "./branch.ts";
import { askGit, type GitOptions, networkTimeoutMs, runGit } from "./git.ts";
import { gitDirectoryOf } from "./git-directory.ts";

/** A submodule that is checked out in a worktree. */
export interface Submodule {
  /** Below the worktree. */
  readonly path: string;
  /** Its own worktree. */
  readonly directory: string;
}

/**
 * The submodules that are checked out directly in a worktree. Costs nothing where the project has none. The project names
 * them, so that only what really lies inside is believed.
 */
export async function submodulesOf(worktree: string): Promise<readonly Submodule[]> {
  if (!existsSync(join(worktree, ".gitmodules"))) return [];
  const { stdout } = await askGit(worktree, [
    ...["config", "--file", ".gitmodules", "--null", "--get-regexp", "^submodule\\..*\\.path$"],
  ]);
  return stdout
    .split("\0")
    .map((entry) => entry.slice(entry.indexOf("\n") + 1))
    .filter((path) => existsSync(join(worktree, path, ".git")) && liesInside(worktree, path))
    .map((path) => ({ path, directory: join(worktree, path) }));
}

/** No way out of the worktree, by dots or by a link. */
function liesInside(worktree: string, path: string): boolean {
  return realpathSync(join(worktree, path)).startsWith(`${realpathSync(worktree)}${sep}`);
}

/** The commit of the submodule that a revision of its parent names; undefined when there is none or it is not here. */
export async function namedCommit(
  worktree: string,
  revision: string,
  { path, directory }: Submodule,
): Promise<string | undefined> {
  const query = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}:${path}`];
  const { exitCode, stdout } = await askGit(worktree, query);
  return exitCode === 0 ? resolveCommit(directory, stdout.trim()) : undefined;
}

/** Whether no remote of the repository is known to have the commit. */
export async function isUnpublished(
  repository: string,
  commits: readonly string[],
  options: GitOptions = {},
): Promise<boolean> {
  const query = ["rev-list", "--max-count=1", ...commits, "--not", "--remotes", "--"];
  return (await runGit(repository, query, options)) !== "";
}

/**
 * Checks out the submodules of the commit that the worktree stands on, and removes what is left in them. The caller has
 * made sure that nothing of value is lost. Returns why it could not be done.
 */
export async function updateSubmodules(worktree: string): Promise<string | undefined> {
  if (!existsSync(join(worktree, ".gitmodules"))) return undefined;
  const commands = [
    ["submodule", "update", "--init", "--recursive", "--force", "--quiet"],
    ["submodule", "foreach", "--recursive", "--quiet", "git clean --quiet -fd"],
  ];
  for (const command of commands) {
    const { exitCode, stderr } = await askGit(worktree, command, { timeoutMs: networkTimeoutMs });
    if (exitCode !== 0) return `submodules: ${stderr.trim().split("\n").at(-1)}`;
  }
  return undefined;
}

/** Tells the repositories of the submodules where their worktrees are, after those have moved along with their parent. */
export async function relocateSubmodules(worktree: string): Promise<void> {
  for (const { directory } of await submodulesOf(worktree)) {
    const repository = gitDirectoryOf(directory);
    if (repository === undefined) continue;
    const place = relative(repository, directory);
    await runGit(worktree, ["config", "--file", join(repository, "config"), "core.worktree", place]);
    await relocateSubmodules(directory);
  }
}

/** Where commits of submodules are kept whose worktree went while no remote had them. */
const keptDirectory = "gt-kept-modules";

/**
 * git removes the repositories of a worktree's submodules together with the worktree. Those that hold commits or
 * snapshots of which no remote is known to have a copy are put aside first; returns where they are.
 */
export async function keepModules(repository: string, worktree: string): Promise<string | undefined> {
  const directory = gitDirectoryOf(worktree) ?? forgottenDirectory(repository, worktree);
  return directory === undefined ? undefined : keepModulesBelow(directory, join(repository, keptDirectory));
}

/** The same for all worktrees of the repository whose directory is gone; `git worktree prune` is safe afterwards. */
export async function keepLostModules(repository: string): Promise<void> {
  for (const { directory, worktree } of knownWorktrees(repository))
    if (!existsSync(worktree)) await keepModulesBelow(directory, join(repository, keptDirectory));
}

/** Moves the submodule repositories of a git directory into a new directory below `into`, if they hold anything. */
export async function keepModulesBelow(directory: string, into: string): Promise<string | undefined> {
  const modules = join(directory, "modules");
  if (!existsSync(modules)) return undefined;
  const risks = await Promise.all(repositoriesBelow(modules).map(holdsUnpublished));
  if (!risks.includes(true)) return undefined;
  mkdirSync(into, { recursive: true });
  let number = 1;
  while (existsSync(join(into, `${basename(directory)}-${number}`))) number++;
  const place = join(into, `${basename(directory)}-${number}`);
  renameSync(modules, place);
  // They still name the worktree that they had, without which git does nothing in them.
  for (const repository of repositoriesBelow(place))
    await askGit(place, ["config", "--file", join(repository, "config"), "--unset", "core.worktree"]);
  return place;
}

async function holdsUnpublished(repository: string): Promise<boolean> {
  try {
    // Its worktree may be gone already, and git insists on one.
    const env = { GIT_DIR: repository, GIT_WORK_TREE: repository };
    return await isUnpublished(repository, ["--all", "HEAD"], { env });
  } catch {
    return true; // what cannot be read may hold anything
  }
}

function repositoriesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === "HEAD")
    .map((entry) => entry.parentPath)
    .filter((path) => existsSync(join(path, "objects")) && existsSync(join(path, "refs")));
}

/** What git still knows of a worktree whose directory was deleted. */
function forgottenDirectory(repository: string, worktree: string): string | undefined {
  return knownWorktrees(repository).find((known) => known.worktree === worktree)?.directory;
}

function knownWorktrees(repository: string): readonly { directory: string; worktree: string }[] {
  const all = join(repository, "worktrees");
  if (!existsSync(all)) return [];
  return readdirSync(all).flatMap((id) => {
    const link = join(all, id, "gitdir");
    if (!existsSync(link)) return [];
    return [{ directory: join(all, id), worktree: dirname(readFileSync(link, "utf8").trim()) }];
  });
}
