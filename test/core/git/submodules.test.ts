import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type SnapshotSubject, takeSnapshot } from "../../../src/core/git/hook-snapshots.ts";
import { cloneShared } from "../../../src/core/git/repository.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { restoreSnapshot } from "../../../src/core/git/restore-snapshot.ts";
import { submodulesOf, updateSubmodules } from "../../../src/core/git/submodules.ts";
import { describeRisks, isAtRisk, measureWorkAtRisk } from "../../../src/core/git/work-at-risk.ts";
import { addWorktree, moveWorktree, removeWorktree, repairWorktree } from "../../../src/core/git/worktree.ts";
import { commit, git, scratchOrigin, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

let root: string;
let repository: string;
let worktree: string;
let inner: string;

beforeEach(async () => {
  root = temporaryDirectory();
  // git clones no submodule from a directory unless it is told that this is meant.
  vi.stubEnv("GIT_CONFIG_COUNT", "1");
  vi.stubEnv("GIT_CONFIG_KEY_0", "protocol.file.allow");
  vi.stubEnv("GIT_CONFIG_VALUE_0", "always");
  const library = scratchOrigin(join(root, "library.git"), { "lib.txt": "1" });
  const origin = scratchOrigin(join(root, "web.git"), { "README.md": "web" });
  const setUp = join(root, "set-up");
  git(root, "clone", "--quiet", origin, setUp);
  git(setUp, "submodule", "--quiet", "add", library, "vendor/lib");
  commit(setUp, "With a library");
  git(setUp, "push", "--quiet", "origin", "main");
  repository = join(root, "shared.git");
  await cloneShared({ url: origin, into: repository, branch: "main", timeoutMs: 60_000 });
  worktree = join(root, "nux");
  inner = join(worktree, "vendor/lib");
  await addWorktree(repository, worktree, { start: "origin/main", branch: "work" });
  expect(await updateSubmodules(worktree)).toBeUndefined();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const subject = (): SnapshotSubject => ({
  ...{ worktree, place: "polecats/nux", address: "web/polecats/nux", email: "ada@example.com" },
  ...{ bead: "web-1", assignment: 1, hookState: "active", session: "web-nux" },
});
const present = async () => {
  await takeSnapshot(subject(), "pre-rollback");
  const [newest] = await listSnapshots(worktree, "polecats/nux");
  const putAside = (_: string, path: string): void => expect.unreachable(`${path} is in no snapshot`);
  return { present: newest, putAside };
};
const risks = async () => describeRisks(await measureWorkAtRisk(worktree, { targets: ["origin/main"] }));

test("work inside a submodule is at risk like any other, kept with each snapshot, and comes back with it", async () => {
  expect(await risks()).toEqual([]);
  const clean = await takeSnapshot(subject(), "manual");
  expect(git(inner, "for-each-ref", "refs/gt/")).toBe("");

  const made = commit(inner, "Only here", { "lib.txt": "2" });
  writeFileSync(join(inner, "lib.txt"), "3");
  writeFileSync(join(inner, "new.txt"), "new");
  expect((await risks()).join("; ")).toMatch(
    /vendor\/lib\/lib\.txt.*vendor\/lib\/new\.txt.*1 unpushed commit/,
  );
  const taken = await takeSnapshot(subject(), "interval");
  expect(await takeSnapshot(subject(), "interval")).toMatchObject({ state: "unchanged" });
  writeFileSync(join(inner, "lib.txt"), "4");
  expect(await takeSnapshot(subject(), "interval")).toMatchObject({ state: "taken" });
  if (taken.state !== "taken" || clean.state !== "taken") throw new Error("no snapshots");

  git(inner, "checkout", "--quiet", "--force", "origin/main");
  git(inner, "clean", "--quiet", "-fd");
  await restoreSnapshot(worktree, taken.snapshot, await present());
  expect(readFileSync(join(inner, "lib.txt"), "utf8")).toBe("3");
  expect(readFileSync(join(inner, "new.txt"), "utf8")).toBe("new");
  expect(git(inner, "rev-parse", "HEAD")).toBe(made);

  await restoreSnapshot(worktree, clean.snapshot, await present());
  expect(await risks()).toEqual([]);
  expect(existsSync(join(inner, "new.txt"))).toBe(false);

  // Its project cannot name a stranger's repository as a submodule, whose work would be ours to commit and to clean.
  const stranger = scratchRepository(join(root, "stranger"));
  symlinkSync(stranger, join(worktree, "link"));
  const entries = ["vendor/lib", "../stranger", stranger, "link", ".", ""].map(
    (path, index) => `[submodule "${index}"]\n\tpath = "${path}"\n`,
  );
  writeFileSync(join(worktree, ".gitmodules"), entries.join(""));
  expect(await submodulesOf(worktree)).toEqual([{ path: "vendor/lib", directory: inner }]);
});

test("a worktree that goes leaves what its submodules had to themselves, and nothing else", async () => {
  expect(await removeWorktree(repository, worktree)).toBeUndefined();
  await addWorktree(repository, worktree, { start: "work" });
  await updateSubmodules(worktree);
  writeFileSync(join(inner, "lib.txt"), "not even committed");
  await takeSnapshot(subject(), "pre-nuke");
  // Deleted by hand, and found by whoever tidies up next.
  rmSync(worktree, { recursive: true });
  const kept = (await removeWorktree(repository, worktree)) ?? "";
  const [snapshot] = await listSnapshots(join(kept, "vendor/lib"), "polecats/nux");
  git(root, "init", "--quiet", "rescue");
  git(join(root, "rescue"), "fetch", "--quiet", join(kept, "vendor/lib"), snapshot?.ref ?? "");
  expect(git(join(root, "rescue"), "show", "FETCH_HEAD:lib.txt")).toBe("not even committed");
  expect(isAtRisk(await measureWorkAtRisk(worktree, { targets: [] }))).toBe(true);
});

test("a worktree with submodules can be moved with all its work, and be made anew", async () => {
  const made = commit(inner, "Only here", { "lib.txt": "2" });
  writeFileSync(join(inner, "new.txt"), "new");
  const moved = join(root, "slit");
  await moveWorktree(repository, worktree, moved);
  expect(git(join(moved, "vendor/lib"), "rev-parse", "HEAD")).toBe(made);
  expect(git(join(moved, "vendor/lib"), "status", "--porcelain")).toBe("?? new.txt");
  expect(git(moved, "branch", "--show-current")).toBe("work");

  const keep = vi.fn(() => Promise.resolve());
  await repairWorktree(repository, moved, { start: "origin/main", branch: "fresh" }, keep);
  expect(keep).toHaveBeenCalledOnce();
  expect(await updateSubmodules(moved)).toBeUndefined();
  expect(git(join(moved, "vendor/lib"), "status", "--porcelain")).toBe("");
  expect(git(moved, "branch", "--show-current")).toBe("fresh");
});
