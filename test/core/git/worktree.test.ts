import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { currentBranch } from "../../../src/core/git/branch.ts";
import {
  cloneShared,
  excludePatterns,
  inspectRepository,
  ourPatterns,
} from "../../../src/core/git/repository.ts";
import { acquireLock } from "../../../src/core/lock/lock.ts";
import { describeRisks, measureWorkAtRisk } from "../../../src/core/git/work-at-risk.ts";
import {
  addWorktree,
  detachWorktree,
  isValidWorktree,
  listWorktrees,
  moveWorktree,
  pruneWorktrees,
  removeWorktree,
  repairWorktree,
  resetWorktree,
} from "../../../src/core/git/worktree.ts";
import { commit, git, scratchOrigin } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function sharedRepository() {
  const directory = temporaryDirectory();
  const origin = scratchOrigin(join(directory, "origin.git"), {
    "a.txt": "one\n",
    ".gitignore": "node_modules/\n",
  });
  const repository = join(directory, "web", ".repo.git");
  await cloneShared({ url: origin, into: repository, branch: "main", timeoutMs: 60_000 });
  return { directory, origin, repository, worktree: join(directory, "polecats", "nux", "web") };
}

test("a shared clone knows the origin's branches and leaves maintenance to us", async () => {
  const { origin, repository } = await sharedRepository();
  expect(git(repository, "for-each-ref", "--format=%(refname)", "refs/remotes")).toBe(
    "refs/remotes/origin/main",
  );
  expect(git(repository, "config", "gc.auto")).toBe("0");
  expect(await inspectRepository(repository)).toEqual({
    root: repository,
    isBare: true,
    origin,
    branch: "main",
  });
  expect(await inspectRepository(join(repository, ".."))).toBeUndefined();
});

test("a worktree is added on a fresh branch, reset for the next work, detached and removed", async () => {
  const { repository, worktree } = await sharedRepository();
  await addWorktree(repository, worktree, { start: "origin/main", branch: "polecat/nux/web-1@x" });
  expect(await isValidWorktree(worktree)).toBe(true);
  expect(await currentBranch(worktree)).toBe("polecat/nux/web-1@x");
  const work = commit(worktree, "Work", { "b.txt": "b\n" });
  mkdirSync(join(worktree, "node_modules"));
  writeFileSync(join(worktree, "node_modules", "x"), "kept");
  writeFileSync(join(worktree, "untracked.txt"), "gone");
  writeFileSync(join(worktree, "a.txt"), "changed");

  await resetWorktree(worktree, { start: "origin/main", branch: "polecat/nux/web-2@y" });
  // Whatever else has that name.
  git(repository, "tag", "polecat/nux/web-2@y", work);
  expect(await currentBranch(worktree)).toBe("polecat/nux/web-2@y");
  expect(git(worktree, "status", "--porcelain")).toBe("");
  expect(existsSync(join(worktree, "b.txt"))).toBe(false);
  expect(readFileSync(join(worktree, "node_modules", "x"), "utf8")).toBe("kept");
  expect(git(repository, "rev-parse", "refs/heads/polecat/nux/web-1@x")).toBe(work);

  await detachWorktree(worktree, "origin/main");
  expect(await currentBranch(worktree)).toBeUndefined();
  expect(await listWorktrees(repository)).toMatchObject([{ path: worktree, branch: undefined }]);
  await removeWorktree(repository, worktree);
  expect(existsSync(worktree)).toBe(false);
  expect(await listWorktrees(repository)).toEqual([]);
});

test("nothing is pruned or removed while another git makes a worktree (04 §0.2)", async () => {
  const { directory, repository, worktree } = await sharedRepository();
  await addWorktree(repository, worktree, { start: "origin/main" });
  const done: string[] = [];
  const making = await acquireLock(join(repository, "gt-locks"), "worktrees");
  const changes = [
    pruneWorktrees(repository).then(() => done.push("pruned")),
    removeWorktree(repository, worktree).then(() => done.push("removed")),
    moveWorktree(repository, worktree, join(directory, "moved")).catch(() => done.push("not moved")),
  ];
  // More work than any of them has to do.
  for (let round = 0; round < 8; round++) await listWorktrees(repository);
  done.push("made");
  making.release();
  await Promise.all(changes);
  expect(done[0]).toBe("made");
});

test("a reset ends a merge that was stuck in a conflict", async () => {
  const { repository, worktree } = await sharedRepository();
  await addWorktree(repository, worktree, { start: "origin/main", branch: "one" });
  commit(worktree, "One", { "a.txt": "left\n" });
  git(worktree, "checkout", "--quiet", "-b", "two", "origin/main");
  commit(worktree, "Two", { "a.txt": "right\n" });
  expect(() => git(worktree, "rebase", "one")).toThrow();
  expect((await measureWorkAtRisk(worktree, { targets: ["origin/main"] })).operation).toBe("rebase");
  await resetWorktree(worktree, { start: "origin/main", branch: "three" });
  expect(await measureWorkAtRisk(worktree, { targets: ["origin/main"] })).toEqual({
    uncommitted: [],
    stashes: [],
    unpushed: [],
    operation: undefined,
    unknown: undefined,
  });
});

test("a missing start is refused before anything is made", async () => {
  const { repository, worktree } = await sharedRepository();
  await expect(
    addWorktree(repository, worktree, { start: "origin/nope", branch: "x" }),
  ).rejects.toMatchObject({
    code: "E_BASE_BRANCH",
  });
  await expect(addWorktree(repository, worktree, { start: "--help", branch: "x" })).rejects.toMatchObject({
    code: "E_BASE_BRANCH",
  });
  expect(existsSync(worktree)).toBe(false);
});

test("a broken worktree is rebuilt at its path, and what is left of it can be saved first", async () => {
  const { repository, worktree } = await sharedRepository();
  await addWorktree(repository, worktree, { start: "origin/main", branch: "one" });
  rmSync(join(worktree, ".git"));
  writeFileSync(join(worktree, "unsaved.txt"), "precious");
  expect(await isValidWorktree(worktree)).toBe(false);
  await expect(
    repairWorktree(repository, worktree, { start: "origin/main", branch: "two" }, async () => {
      throw new Error("cannot save");
    }),
  ).rejects.toThrow("cannot save");
  expect(readFileSync(join(worktree, "unsaved.txt"), "utf8")).toBe("precious");
  let saved = "";
  await repairWorktree(repository, worktree, { start: "origin/main", branch: "three" }, async () => {
    saved = readFileSync(join(worktree, "unsaved.txt"), "utf8");
  });
  expect(saved).toBe("precious");
  expect(await isValidWorktree(worktree)).toBe(true);
  expect(await currentBranch(worktree)).toBe("three");
});

test("everything that a removal would lose is named", async () => {
  const { repository, worktree } = await sharedRepository();
  excludePatterns(repository, ourPatterns);
  excludePatterns(repository, ourPatterns);
  await addWorktree(repository, worktree, { start: "origin/main", branch: "polecat/nux/x" });
  const measure = () => measureWorkAtRisk(worktree, { targets: ["origin/main", "origin/unknown"] });
  mkdirSync(join(worktree, ".runtime"));
  writeFileSync(join(worktree, ".runtime", "ours"), "");
  expect(describeRisks(await measure())).toEqual([]);

  writeFileSync(join(worktree, "a.txt"), "stashed\n");
  git(worktree, "stash");
  const own = commit(worktree, "Own", { "own.txt": "1" });
  writeFileSync(join(worktree, "wörk ü.txt"), "new");
  git(worktree, "mv", "a.txt", "z.txt");
  const work = await measure();
  expect(work.uncommitted).toEqual([
    { path: "z.txt", code: "R " },
    { path: "wörk ü.txt", code: "??" },
  ]);
  expect(work.stashes).toHaveLength(1);
  expect(work.unpushed).toEqual([own]);
  expect(describeRisks(work)).toEqual([
    "2 uncommitted files: z.txt, wörk ü.txt",
    "1 stash",
    "1 unpushed commit",
  ]);

  git(worktree, "push", "--quiet", "origin", "HEAD:refs/heads/polecat/nux/x");
  git(worktree, "fetch", "--quiet", "origin");
  expect((await measure()).unpushed).toEqual([]);
  rmSync(join(worktree, ".git"));
  expect((await measure()).unknown).toBeDefined();
});
