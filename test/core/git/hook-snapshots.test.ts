import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeSnapshot } from "../../../src/core/git/hook-snapshots.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("an edit of the same size within the second of the last commit is kept", async () => {
  const worktree = scratchRepository(temporaryDirectory(), { "a.txt": "0" });
  git(worktree, "config", "core.trustctime", "false");
  const second = new Date("2026-01-01T00:00:00Z");
  const inThatSecond = (path: string): void => utimesSync(join(worktree, path), second, second);
  writeFileSync(join(worktree, "a.txt"), "1");
  inThatSecond("a.txt");
  commit(worktree, "One");
  inThatSecond(".git/index");
  writeFileSync(join(worktree, "a.txt"), "2");
  inThatSecond("a.txt");

  const taken = await takeSnapshot(
    {
      ...{ worktree, place: "polecats/nux", address: "web/polecats/nux", email: "nux@example.com" },
      ...{ bead: "web-1", assignment: 1, hookState: "active", session: "" },
    },
    "manual",
  );

  const kept = taken.state === "taken" ? taken.snapshot.commit : "";
  expect(git(worktree, "show", `${kept}:a.txt`)).toBe("2");
});
