import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { clearStaleLocks } from "../../../src/core/git/stale-locks.ts";
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
