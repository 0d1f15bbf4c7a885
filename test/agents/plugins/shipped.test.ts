import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sitesOf } from "../../../src/agents/plugins/find-plugins.ts";
import { runPlugin } from "../../../src/agents/plugins/run-plugin.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { WorkTown } from "../../support/work-town.ts";

let work: WorkTown;
let access: TownAccess;
beforeEach(async () => {
  work = await WorkTown.create();
  access = await work.access("daemon");
});
afterEach(() => work.dispose());

const run = async (name: string) => {
  const [site] = sitesOf(work.town, name, "web");
  if (site === undefined) throw new Error("no site");
  return runPlugin(access, site);
};

test("git-hygiene removes merged branches that nobody uses, and nothing else", async () => {
  work.git("web", "branch", "merged", "origin/main");
  work.git("web", "branch", "polecat/nux/web-a@1", "origin/main");
  work.git("web", "worktree", "add", "-q", "-b", "own", join(work.root, "side"), "origin/main");
  commit(join(work.root, "side"), "Own", { "own.txt": "own\n" });
  work.git("web", "branch", "used", "origin/main");
  work.git("web", "worktree", "add", "-q", join(work.root, "used"), "used");
  expect(await run("git-hygiene")).toMatchObject({
    result: "success",
    output: expect.stringContaining("removed merged"),
  });
  const left = work.git("web", "for-each-ref", "--format=%(refname:short)", "refs/heads/").split("\n");
  expect(left).toEqual(expect.arrayContaining(["own", "polecat/nux/web-a@1", "used"]));
  expect(left).not.toContain("merged");
});

test("gitignore-reconcile files one bead about tracked files that are ignored", async () => {
  expect(await run("gitignore-reconcile")).toMatchObject({ result: "skipped" });
  const { reference } = work.rig();
  mkdirSync(join(reference, "node_modules"), { recursive: true });
  writeFileSync(join(reference, "node_modules/x.js"), "x\n");
  git(reference, "add", "--force", "node_modules/x.js");
  expect(await run("gitignore-reconcile")).toMatchObject({ result: "success" });
  expect(await run("gitignore-reconcile")).toMatchObject({ result: "skipped" });
  const beads = await access.ledger.find({ scope: "web", type: "chore" });
  expect(beads).toMatchObject([{ title: "Tracked files that .gitignore excludes" }]);
  expect(beads[0]?.description).toContain("node_modules/x.js");
}, 60_000);
