import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { askGit, runGit } from "../../core/git/git.ts";
import type { Rig } from "../../core/town/town.ts";

/** A worktree in which gates run (spec/05 §0.1). Only the holder of the rig's refinery lock uses it. */
export interface Slot {
  readonly number: number;
  readonly directory: string;
}

export function slotOf(rig: Rig, number: number): Slot {
  return {
    number,
    directory: number === 0 ? rig.refinery : join(rig.refinery, "..", "slots", String(number)),
  };
}

/** No hook of the person or of ours runs for our own checkouts. */
const quiet = ["-c", "core.hooksPath=/dev/null"];
const checkoutMs = 10 * 60_000;

/**
 * Makes the slot's worktree hold exactly this commit's tree; ignored files stay, they are caches (spec/05 §2.5 steps
 * 1-2). A missing or broken worktree is made anew. Throws when it cannot be done, which blames nobody.
 */
export async function checkOut(rig: Rig, slot: Slot, sha: string, clean: "untracked" | "all"): Promise<void> {
  if (!(await isUsable(slot.directory))) await makeWorktree(rig, slot, sha);
  await removeStaleIndexLock(slot.directory);
  const run = (...args: readonly string[]) =>
    runGit(slot.directory, [...quiet, ...args], { timeoutMs: checkoutMs });
  await run("checkout", "--force", "--detach", "--quiet", sha, "--");
  await run("reset", "--hard", "--quiet", sha, "--");
  if (existsSync(join(slot.directory, ".gitmodules")))
    await run("submodule", "update", "--init", "--recursive", "--force", "--quiet");
  await run("clean", "-ffd", "--quiet", ...(clean === "all" ? ["-x"] : []));
}

async function isUsable(directory: string): Promise<boolean> {
  if (!existsSync(join(directory, ".git"))) return false;
  const inside = await askGit(directory, ["rev-parse", "--is-inside-work-tree"]);
  return inside.exitCode === 0 && inside.stdout.trim() === "true";
}

async function makeWorktree(rig: Rig, slot: Slot, sha: string): Promise<void> {
  // Only our own scratch worktree is ever removed here: nobody works in it.
  rmSync(slot.directory, { recursive: true, force: true });
  await runGit(rig.repository, ["worktree", "prune"]);
  await runGit(
    rig.repository,
    [...quiet, "worktree", "add", "--force", "--detach", "--no-checkout", "--", slot.directory, sha],
    { timeoutMs: checkoutMs },
  );
}

/** Left behind by a checkout that was killed; the refinery lock says that none of ours runs now. */
async function removeStaleIndexLock(directory: string): Promise<void> {
  const path = await runGit(directory, ["rev-parse", "--path-format=absolute", "--git-path", "index.lock"]);
  rmSync(path, { force: true });
}
