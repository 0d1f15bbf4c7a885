import { join } from "node:path";
import { expect, test } from "vitest";
import { forecastConflicts } from "../../../src/core/git/conflict-forecast.ts";
import { commit, git, scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("work that cannot be merged is told apart from work that only touches the same files", async () => {
  const repository = scratchRepository(join(temporaryDirectory(), "project"), {
    "list.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
    "other.txt": "x\n",
  });
  const base = git(repository, "rev-parse", "HEAD");
  const branch = (files: Readonly<Record<string, string>>): string => {
    git(repository, "checkout", "--quiet", "--detach", base);
    return commit(repository, "work", files);
  };
  const top = branch({ "list.txt": "one\n2\n3\n4\n5\n6\n7\n8\n9\n" });
  const rival = branch({ "list.txt": "ONE\n2\n3\n4\n5\n6\n7\n8\n9\n" });
  const bottom = branch({ "list.txt": "1\n2\n3\n4\n5\n6\n7\n8\nnine\n" });
  const elsewhere = branch({ "new.txt": "new\n" });

  const forecast = await forecastConflicts(repository, base, [
    { name: "bottom", commit: bottom },
    { name: "top", commit: top },
    { name: "rival", commit: rival },
    { name: "elsewhere", commit: elsewhere, uncommitted: ["other.txt"] },
    { name: "fresh", commit: base, uncommitted: ["other.txt"] },
  ]);

  expect(forecast).toEqual([
    { names: ["top", "rival"], files: ["list.txt"], likelihood: "certain" },
    { names: ["bottom", "top"], files: ["list.txt"], likelihood: "possible" },
    { names: ["bottom", "rival"], files: ["list.txt"], likelihood: "possible" },
    { names: ["elsewhere", "fresh"], files: ["other.txt"], likelihood: "possible" },
  ]);
}, 60_000);
