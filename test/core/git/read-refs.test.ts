import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { currentBranch, resolveCommit } from "../../../src/core/git/branch.ts";
import { readRefs } from "../../../src/core/git/read-refs.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let repository: string;
const git = (directory: string, ...args: readonly string[]): string =>
  execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args], {
    cwd: directory,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();

beforeEach(() => {
  repository = temporaryDirectory();
  git(repository, "init", "--quiet", "--initial-branch=main");
  git(repository, "commit", "--quiet", "--allow-empty", "-m", "one");
});

/** What is read must be what git says. */
async function expectAsGit(directory: string, branch?: string): Promise<void> {
  const refs = readRefs(directory);
  expect(refs?.head()).toBe(git(directory, "rev-parse", "HEAD"));
  expect(refs?.branch()).toBe(branch);
  expect(await currentBranch(directory)).toBe(branch);
  for (const line of git(directory, "for-each-ref", "--format=%(refname) %(objectname)").split("\n")) {
    const [name = "", commit] = line.split(" ");
    expect(refs?.commit(name), name).toBe(commit);
    expect(await resolveCommit(directory, name), name).toBe(commit);
  }
}

test("refs are read as git has them: loose, packed, changed after packing, symbolic, bare, in a worktree, detached", async () => {
  git(repository, "update-ref", "refs/gt/hooks/polecats/nux/000001", "HEAD");
  git(repository, "branch", "feature/x");
  git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main");
  await expectAsGit(repository, "main");
  git(repository, "pack-refs", "--all");
  await expectAsGit(repository, "main");
  const bare = join(temporaryDirectory(), "bare");
  git(repository, "clone", "--quiet", "--bare", repository, bare);
  await expectAsGit(bare, "main");
  const worktree = join(temporaryDirectory(), "tree");
  git(repository, "worktree", "add", "--quiet", worktree, "feature/x");
  git(worktree, "commit", "--quiet", "--allow-empty", "-m", "two");
  await expectAsGit(worktree, "feature/x");
  git(worktree, "checkout", "--quiet", "--detach");
  await expectAsGit(worktree);
  expect(readRefs(worktree)?.commit("refs/heads/other")).toBeUndefined();
  expect(readRefs(worktree)?.commit("refs/heads/feature")).toBeUndefined();
});

test("a revision that is no branch's full name, or whose file is torn, is left to git", async () => {
  git(repository, "commit", "--quiet", "--allow-empty", "-m", "two");
  const first = git(repository, "rev-parse", "HEAD~1");
  git(repository, "tag", "-a", "-m", "annotated", "v1", "HEAD~1");
  for (const revision of [
    "HEAD~1",
    "HEAD^",
    "refs/heads/main~1",
    "refs/heads/main@{1}",
    "refs/tags/v1",
    first,
  ])
    expect(await resolveCommit(repository, revision), revision).toBe(first);
  expect(await resolveCommit(repository, "refs/heads/other")).toBeUndefined();
  writeFileSync(join(repository, ".git/refs/heads/torn"), "0123");
  expect(await resolveCommit(repository, "refs/heads/torn")).toBeUndefined();
  expect(
    await resolveCommit(repository, "refs/heads/../heads/main"),
    "git knows no such name",
  ).toBeUndefined();
});

test("it is known whether there is any ref of a kind, packed or not", () => {
  expect(readRefs(repository)?.hasBelow("refs/gt/hooks/polecats/nux")).toBe(false);
  git(repository, "update-ref", "refs/gt/hooks/polecats/nux/000001", "HEAD");
  expect(readRefs(repository)?.hasBelow("refs/gt/hooks/polecats/nux")).toBe(true);
  git(repository, "pack-refs", "--all", "--prune");
  expect(readRefs(repository)?.hasBelow("refs/gt/hooks/polecats/nux")).toBe(true);
  expect(readRefs(repository)?.hasBelow("refs/gt/hooks/polecats/n")).toBe(false);
});

test("a branch without a commit has no head, and no repository has no refs", () => {
  const empty = temporaryDirectory();
  git(empty, "init", "--quiet");
  expect(readRefs(empty)?.head()).toBeUndefined();
  expect(readRefs(temporaryDirectory())).toBeUndefined();
});
