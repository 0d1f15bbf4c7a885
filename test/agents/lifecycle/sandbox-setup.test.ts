import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { setUpSandbox } from "../../../src/agents/lifecycle/sandbox-setup.ts";
import { git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

test("a sandbox gets the rig's overlay files and hooks; what fails is said and keeps nobody from working", async () => {
  const town = await WorkTown.create();
  onTestFinished(() => town.dispose());
  const rig = town.rig();
  const worktree = rig.reference;
  town.write("web/.runtime/overlay/local.env", "KEY=1\n");
  town.write("web/.runtime/overlay/run.sh", "#!/bin/sh\n");
  chmodSync(join(rig.runtime, "overlay/run.sh"), 0o755);
  town.write("web/.runtime/overlay/directory/no.txt", "not copied");
  const hook = (name: string, text: string, mode: number): void => {
    town.write(`web/.runtime/setup-hooks/${name}`, text);
    chmodSync(join(rig.runtime, "setup-hooks", name), mode);
  };
  hook(
    "10-first",
    '#!/bin/sh\necho "$GT_POLECAT $GT_WORKTREE_PATH $GT_RIG_PATH $PWD" > .runtime-log\n',
    0o755,
  );
  hook("20-fails", "#!/bin/sh\necho no database >&2\nexit 3\n", 0o755);
  hook("30-last", "#!/bin/sh\ncat local.env >> .runtime-log\n", 0o755);
  hook("40-plain", "#!/bin/sh\nrm -rf *\n", 0o644);

  const elsewhere = join(town.root, "elsewhere");
  writeFileSync(elsewhere, "mine");
  symlinkSync(elsewhere, join(worktree, "local.env"));
  const warnings = await setUpSandbox({ rig, worktree, name: "nux" });
  expect(warnings).toEqual([
    expect.stringMatching(/20-fails: exit 3: no database$/),
    expect.stringMatching(/40-plain is not executable; skipped$/),
  ]);
  expect(readFileSync(join(worktree, ".runtime-log"), "utf8")).toBe(
    `nux ${worktree} ${rig.path} ${worktree}\nKEY=1\n`,
  );
  expect(statSync(join(worktree, "run.sh")).mode & 0o777).toBe(0o755);
  expect(readFileSync(elsewhere, "utf8")).toBe("mine");
  expect(existsSync(join(worktree, "directory"))).toBe(false);
  expect(readFileSync(join(rig.repository, "info/exclude"), "utf8")).toMatch(/^\.runtime\/$/m);
  expect(git(worktree, "diff", "--name-only")).toBe("");
});
