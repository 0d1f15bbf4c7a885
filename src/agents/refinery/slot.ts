import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "../../core/git/git.ts";
import { pruneWorktrees } from "../../core/git/worktree.ts";
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
  const gitDirectory = gitDirectoryOf(slot.directory);
  if (gitDirectory === undefined) await makeWorktree(rig, slot, sha);
  // Left behind by a checkout that was killed; the refinery lock says that none of ours runs now.
  else rmSync(join(gitDirectory, "index.lock"), { force: true });
  const run = (...args: readonly string[]) =>
    runGit(slot.directory, [...quiet, ...args], { timeoutMs: checkoutMs });
  await run("checkout", "--force", "--detach", "--quiet", sha, "--");
  if (existsSync(join(slot.directory, ".gitmodules")))
    await run("submodule", "update", "--init", "--recursive", "--force", "--quiet");
  await run("clean", "-ffd", "--quiet", ...(clean === "all" ? ["-x"] : []));
}

/** What git knows of the worktree, read from its `.git` file; undefined when it is not a usable worktree. */
function gitDirectoryOf(directory: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, ".git"), "utf8");
  } catch {
    return undefined; // no worktree, or a whole repository where only a worktree belongs
  }
  const path = /^gitdir: (.+)$/m.exec(text)?.[1];
  return path !== undefined && existsSync(join(path, "HEAD")) ? path : undefined;
}

async function makeWorktree(rig: Rig, slot: Slot, sha: string): Promise<void> {
  // Only our own scratch worktree is ever removed here: nobody works in it.
  rmSync(slot.directory, { recursive: true, force: true });
  await pruneWorktrees(rig.repository);
  await runGit(
    rig.repository,
    [...quiet, "worktree", "add", "--force", "--detach", "--no-checkout", "--", slot.directory, sha],
    { timeoutMs: checkoutMs },
  );
}
