import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clearStaleLocks } from "../../../src/core/git/stale-locks.ts";
import { leftLocks, removeLocks } from "../../../src/core/git/left-locks.ts";
import { resetWorktree } from "../../../src/core/git/worktree.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test.each(["index", "HEAD", "branch"])(
  "a worktree whose %s a killed git left locked is usable again",
  (of) => {
    const repository = scratchRepository(temporaryDirectory());
    const worktree = join(temporaryDirectory(), "work");
    git(repository, "worktree", "add", "--quiet", "-b", "polecat/nux", worktree);
    const own = git(worktree, "rev-parse", "--absolute-git-dir");
    const locked = of === "branch" ? join(repository, ".git/refs/heads/polecat/nux") : join(own, of);
    writeFileSync(`${locked}.lock`, "");
    expect(() => commit(worktree, "Refused", { "a.txt": "a" })).toThrow(".lock");

    clearStaleLocks(worktree);

    commit(worktree, "Work", { "b.txt": "b" });
    expect(git(repository, "show", "polecat/nux:b.txt")).toBe("b");
  },
);

test("a sandbox is reset for the next work although a killed git left its index locked", async () => {
  const repository = scratchRepository(temporaryDirectory());
  const worktree = join(temporaryDirectory(), "work");
  git(repository, "worktree", "add", "--quiet", "--detach", worktree);
  writeFileSync(join(git(worktree, "rev-parse", "--absolute-git-dir"), "index.lock"), "");
  await resetWorktree(worktree, { start: "main", branch: "polecat/next" });
  expect(git(worktree, "branch", "--show-current")).toBe("polecat/next");
});

test("after a power cut locks of gits that cannot live go, and others are named once they are old", () => {
  const repository = scratchRepository(temporaryDirectory());
  const directory = join(repository, ".git");
  const now = Date.now();
  const bootedAt = now - 3_600_000;
  const lock = (name: string, changedAt: number): string => {
    const path = join(directory, name);
    writeFileSync(path, "");
    utimesSync(path, changedAt / 1000, changedAt / 1000);
    return path;
  };
  const dead = lock("packed-refs.lock", bootedAt - 1000);
  const old = lock("refs/heads/main.lock", now - 600_000);
  lock("index.lock", now - 599_000);
  const left = leftLocks(directory, { now, bootedAt });
  expect(left).toEqual([
    { path: dead, isDead: true },
    { path: old, isDead: false },
  ]);
  removeLocks(left.filter((each) => each.isDead));
  git(repository, "pack-refs", "--all", "--no-prune");
  expect(existsSync(old)).toBe(true);
});
