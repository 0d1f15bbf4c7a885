import { existsSync } from "node:fs";
import { join } from "node:path";
import { crashPoint } from "../crash-point.ts";
import { askGit, runGit } from "../git/git.ts";
import { GtError } from "../gt-error.ts";
import { ignoredPaths, ignoreMarks } from "./ignored-paths.ts";
import { writeMarkedBlock } from "./marked-block.ts";
import { commitToTown } from "./town-commit.ts";
import type { Town } from "./town.ts";

export interface TownGit {
  readonly initialized: boolean;
  readonly commit: string | undefined;
}

/**
 * Makes the town a repository, or brings our part of an existing one up to date (spec/07 §4.2, §5.2). `E_UNSAFE` when
 * something that git must not carry is tracked already.
 */
export async function putUnderGit(town: Town, madePaths: readonly string[]): Promise<TownGit> {
  const { root } = town;
  const initialized = !existsSync(join(root, ".git"));
  if (initialized) await runGit(root, ["init", "--quiet", "--initial-branch=main"]);
  crashPoint("install.git-init");
  await writeMarkedBlock(join(root, ".gitignore"), ignoreMarks, ignoredPaths);
  if (!initialized) await refuseTrackedSecrets(root);
  crashPoint("install.gitignore");
  const hasCommit = existsSync(join(root, ".git")) && !(await isUnborn(root));
  const paths = hasCommit ? [".gitignore", ...madePaths, ...trackedOfTown] : ["."];
  const commit = await commitToTown(root, town.overseer(), `chore: create town ${town.name}`, paths);
  return { initialized, commit };
}

/** Files of ours that belong into the first commit of a repository that was there before. */
const trackedOfTown = [
  ".beads/.gitignore",
  ".beads/config.yaml",
  "AGENTS.md",
  "CLAUDE.md",
  "mayor/daemon.json",
  "mayor/overseer.json",
  "mayor/town.json",
  "settings/config.json",
  "settings/escalation.json",
];

async function isUnborn(root: string): Promise<boolean> {
  try {
    await runGit(root, ["rev-parse", "--verify", "--quiet", "HEAD"]);
    return false;
  } catch {
    // No commit yet is what it says by failing.
    return true;
  }
}

/** Files that the block should hide but that somebody has committed: git goes on carrying them. */
async function refuseTrackedSecrets(root: string): Promise<void> {
  const { stdout } = await askGit(root, ["ls-files", "--cached", "--ignored", "--exclude-standard"]);
  const tracked = stdout.split("\n").filter((path) => path !== "");
  if (tracked.length === 0) return;
  throw new GtError(
    "E_UNSAFE",
    "the town repository carries files that belong to this machine or to a project",
    {
      why: tracked.slice(0, 5),
      hint: `git -C ${root} rm -r --cached -- ${tracked.slice(0, 5).join(" ")}`,
    },
  );
}
