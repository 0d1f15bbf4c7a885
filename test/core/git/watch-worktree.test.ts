import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Progress, WatchBudget, watchWorktree } from "../../../src/core/git/watch-worktree.ts";
import { changedFiles } from "../../../src/core/git/changed-files.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

async function watched(budget = new WatchBudget(100)) {
  const repository = scratchRepository(join(temporaryDirectory(), "r"), {
    "src/deep/a.txt": "1\n",
    ".gitignore": "*.log\nnode_modules/\n",
  });
  const worktree = join(repository, "..", "worktree");
  git(repository, "worktree", "add", "--quiet", "-b", "work", worktree);
  mkdirSync(join(worktree, "node_modules"));
  const seen: Progress[] = [];
  const watch = await watchWorktree(worktree, { budget, quietMs: 20, onProgress: (kind) => seen.push(kind) });
  onTestFinished(() => watch.close());
  return { worktree, seen, watch, budget };
}

test("an edited file, a staged one and a commit are progress", async () => {
  const { worktree, seen } = await watched();
  appendFileSync(join(worktree, "src/deep/a.txt"), "2\n");
  await waitFor(() => seen.includes("file"), { timeoutMs: 20_000, what: "the edit" });
  git(worktree, "add", "--all");
  await waitFor(() => seen.includes("index"), { timeoutMs: 20_000, what: "the index" });
  commit(worktree, "Work");
  await waitFor(() => seen.includes("head"), { timeoutMs: 20_000, what: "the commit" });
});

test("ignored files, our own files, our looking and our own resets are not", async () => {
  const { worktree, seen, watch } = await watched();
  writeFileSync(join(worktree, "out.log"), "noise");
  writeFileSync(join(worktree, "node_modules/x"), "noise");
  mkdirSync(join(worktree, ".runtime"));
  writeFileSync(join(worktree, ".runtime/x"), "ours");
  await changedFiles(worktree);
  watch.disregard(300);
  const deafUntil = performance.now() + 400;
  git(worktree, "checkout", "--quiet", "--detach");
  await waitFor(() => performance.now() > deafUntil);
  expect(seen).toEqual([]);
  // A change that does count, behind all of those that must not: when it is seen, they have been passed over.
  appendFileSync(join(worktree, "src/deep/a.txt"), "2\n");
  await waitFor(() => seen.length > 0, { timeoutMs: 20_000 });
  expect(seen).toEqual(["file"]);
});

test("a spent budget still sees commits, and closing gives everything back", async () => {
  const budget = new WatchBudget(2);
  const { worktree, seen, watch } = await watched(budget);
  expect(budget.take(1)).toBe(0);
  commit(worktree, "Work", { "src/deep/a.txt": "2\n" });
  await waitFor(() => seen.includes("head"), { timeoutMs: 20_000 });
  watch.close();
  expect(budget.take(5)).toBe(2);
});
