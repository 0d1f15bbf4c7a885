import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { withScratchIndex } from "../../../src/core/git/scratch-index.ts";
import { scratchRepository } from "../../support/scratch-repository.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

test("what a killed process left of its index goes with the next one; that of a living process stays", async () => {
  const repository = scratchRepository(temporaryDirectory());
  const git = join(repository, ".git");
  const { pid: dead } = spawnSync("true");
  const hourAgo = new Date(Date.now() - 3_600_000);
  const left = (pid: number, name: string, madeAt = hourAgo): string => {
    const directory = join(git, `gt-index-${pid}-${name}`);
    mkdirSync(directory);
    utimesSync(directory, madeAt, madeAt);
    return directory;
  };
  const old = left(dead, "old");
  const young = left(dead, "young", new Date());
  const living = left(process.ppid, "living");
  const own = await withScratchIndex(repository, async (file) => {
    const there = readdirSync(git).filter((name) => name.startsWith("gt-index-"));
    expect(there.map((name) => join(git, name)).toSorted()).toEqual(
      [young, living, dirname(file)].toSorted(),
    );
    expect(there).not.toContain(old);
    return dirname(file);
  });
  expect(readdirSync(git)).not.toContain(own);
});
