import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deleteRemoteBranch, pushWithLease } from "../../../src/core/git/push.ts";
import { cloneShared } from "../../../src/core/git/repository.ts";
import { commit, git, scratchOrigin, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

async function cloneOf(origin: string) {
  const repository = join(origin, "..", "clone.git");
  await cloneShared({ url: origin, into: repository, branch: "main", timeoutMs: 60_000 });
  const worktree = join(origin, "..", "worktree");
  git(repository, "worktree", "add", "--quiet", "--detach", worktree, "origin/main");
  const before = git(worktree, "rev-parse", "HEAD");
  const next = commit(worktree, "Next", { "next.txt": "1\n" });
  return { repository, worktree, before, next };
}

test("a push is a compare-and-swap: it arrives only on what it was made for", async () => {
  const origin = scratchOrigin(join(temporaryDirectory(), "origin.git"));
  const { repository, worktree, before, next } = await cloneOf(origin);
  const push = (commitId: string, expect: string | undefined, branch = "main") =>
    pushWithLease(repository, { remote: "origin", commit: commitId, branch, expect });
  expect(await push(next, before)).toEqual({ result: "pushed" });
  expect(git(origin, "rev-parse", "main")).toBe(next);
  const other = commit(worktree, "Other", { "other.txt": "1\n" });
  expect(await push(other, before)).toMatchObject({ result: "moved" });
  expect(await push(other, undefined)).toMatchObject({ result: "moved" });
  expect(await push(other, undefined, "fresh")).toEqual({ result: "pushed" });
  expect(await deleteRemoteBranch(repository, "origin", "fresh", before)).toMatchObject({ result: "moved" });
  expect(await deleteRemoteBranch(repository, "origin", "fresh", other)).toEqual({ result: "pushed" });
});

test("a refusal by the remote's hook is told in its words, without its control characters", async () => {
  const origin = scratchOrigin(join(temporaryDirectory(), "origin.git"));
  const { repository, before, next } = await cloneOf(origin);
  writeFileSync(join(origin, "hooks", "pre-receive"), "#!/bin/sh\nprintf 'no \\033[31mway\\n'; exit 1\n");
  chmodSync(join(origin, "hooks", "pre-receive"), 0o755);
  const result = await pushWithLease(repository, {
    remote: "origin",
    commit: next,
    branch: "main",
    expect: before,
  });
  expect(result).toMatchObject({ result: "denied", reason: expect.stringContaining("hook declined") });
});

test("a person's checkout moves along when it is clean, and is in the way when it is not", async () => {
  const origin = scratchRepository(join(temporaryDirectory(), "project"), { "a.txt": "1\n" });
  const { repository, worktree, before, next } = await cloneOf(origin);
  const push = (commitId: string, expect: string, updateCheckout: boolean) =>
    pushWithLease(repository, { remote: "origin", commit: commitId, branch: "main", expect, updateCheckout });
  expect(await push(next, before, false)).toMatchObject({ result: "checkout" });
  expect(await push(next, before, true)).toEqual({ result: "pushed" });
  expect(readFileSync(join(origin, "next.txt"), "utf8")).toBe("1\n");
  expect(git(origin, "status", "--porcelain")).toBe("");
  const later = commit(worktree, "Later", { "a.txt": "2\n" });
  writeFileSync(join(origin, "a.txt"), "mine\n");
  expect(await push(later, next, true)).toMatchObject({ result: "checkout" });
  expect(readFileSync(join(origin, "a.txt"), "utf8")).toBe("mine\n");
  expect(git(origin, "rev-parse", "HEAD")).toBe(next);
});

test("a remote that is not there is unreachable, not a verdict", async () => {
  const origin = scratchOrigin(join(temporaryDirectory(), "origin.git"));
  const { repository, before, next } = await cloneOf(origin);
  const result = await pushWithLease(repository, {
    remote: join(origin, "nowhere"),
    commit: next,
    branch: "main",
    expect: before,
  });
  expect(result.result).toBe("unreachable");
});
