import { join } from "node:path";
import { expect, test } from "vitest";
import { hasLanded, unlandedCommits } from "../../../src/core/git/landed.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

/** A repository with a branch of two commits; main has moved on meanwhile. */
function branchOfTwo() {
  const repository = scratchRepository(join(temporaryDirectory(), "r"), {
    "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
  });
  const base = git(repository, "rev-parse", "HEAD");
  git(repository, "checkout", "--quiet", "-b", "work");
  const first = commit(repository, "First", { "a.txt": "ONE\n2\n3\n4\n5\n6\n7\n8\n9\n" });
  const second = commit(repository, "Second", { "b.txt": "new\n", "ü.bin": "\u0000\u0001" });
  git(repository, "checkout", "--quiet", "main");
  commit(repository, "Meanwhile", { "c.txt": "other\n" });
  return { repository, base, first, second, question: { base, head: "work", target: "main" } };
}

test("nothing of a fresh branch has landed", async () => {
  const { repository, first, second, question } = branchOfTwo();
  expect(await hasLanded(repository, question)).toBe(false);
  expect(await unlandedCommits(repository, question)).toEqual([first, second]);
});

test.each([
  ["a merge commit", (r: string) => git(r, "merge", "--quiet", "--no-ff", "-m", "Merge", "work")],
  ["a rebase", (r: string) => git(r, "cherry-pick", "main..work")],
  [
    "a squash",
    (r: string) => {
      git(r, "merge", "--quiet", "--squash", "work");
      commit(r, "Squashed");
    },
  ],
])("work that arrived by %s has landed, also after main moved on", async (_, land) => {
  const { repository, question } = branchOfTwo();
  land(repository);
  commit(repository, "Later", { "a.txt": "rewritten\n" });
  expect(await hasLanded(repository, question)).toBe(true);
});

test("half of the work is not all of it", async () => {
  const { repository, second, first, question } = branchOfTwo();
  git(repository, "cherry-pick", first);
  expect(await hasLanded(repository, question)).toBe(false);
  expect(await unlandedCommits(repository, question)).toEqual([second]);
});

test("a branch without a commit of its own has never landed", async () => {
  const { repository, base } = branchOfTwo();
  expect(await hasLanded(repository, { base, head: base, target: "main" })).toBe(false);
});
