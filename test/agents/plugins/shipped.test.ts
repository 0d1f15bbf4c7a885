import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sitesOf } from "../../../src/agents/plugins/find-plugins.ts";
import { receipts } from "../../../src/agents/plugins/receipts.ts";
import { runPlugin, settleRun } from "../../../src/agents/plugins/run-plugin.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { commit, git, scratchOrigin } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
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

test("github-sheriff files one bead for each pull request whose checks fail, however many beads there are", async () => {
  const bin = join(work.root, "bin");
  work.write("bin/gh", "#!/bin/sh\nprintf '7\\thttps://x/7\\tFix $(touch pwned) login\\n'\n");
  chmodSync(join(bin, "gh"), 0o755);
  const path = process.env["PATH"];
  process.env["PATH"] = `${bin}:${path}`;
  try {
    await access.ledger.write(
      "overseer",
      Array.from({ length: 60 }, (_, n) => ({
        op: "create" as const,
        bead: { title: `Other ${n}`, scope: "web", priority: 0 },
      })),
    );
    expect(await run("github-sheriff")).toMatchObject({ result: "success" });
    const [bead] = await access.ledger.find({ scope: "web", type: "bug" });
    expect(bead).toMatchObject({
      title: "Checks of pull request #7 fail: Fix $(touch pwned) login",
      description: "https://x/7",
    });
    // Somebody is at it: it is known all the same.
    await access.ledger.write("overseer", [
      { op: "update", id: bead?.id ?? "", fields: { status: "in_progress", assignee: "web/crew/sam" } },
    ]);
    expect(await run("github-sheriff")).toMatchObject({ output: expect.stringContaining("#7 is known") });
    expect(await access.ledger.find({ scope: "web", type: "bug" })).toHaveLength(1);
  } finally {
    process.env["PATH"] = path;
  }
}, 60_000);

test("submodule-commit files one bead while a submodule is behind the newest commit of its own remote", async () => {
  expect(await run("submodule-commit")).toMatchObject({ result: "skipped" });
  const library = join(work.root, ".origins/library.git");
  scratchOrigin(library, { "README.md": "# library\n", "lib.txt": "1\n" });
  const { reference } = work.rig();
  git(reference, "-c", "protocol.file.allow=always", "submodule", "add", "-q", "--", library, "my lib");
  commit(reference, "Add the library", {});
  expect(await run("submodule-commit")).toMatchObject({ output: expect.stringContaining("up to date") });
  const clone = join(work.root, "library");
  git(work.root, "clone", "-q", library, clone);
  commit(clone, "Next", { "lib.txt": "2\n" });
  git(clone, "push", "-q");
  expect(await run("submodule-commit")).toMatchObject({ result: "success" });
  expect(await run("submodule-commit")).toMatchObject({ result: "skipped" });
  const beads = await access.ledger.find({ scope: "web", type: "chore" });
  expect(beads).toMatchObject([{ title: "Submodules are behind" }]);
  expect(beads[0]?.description).toMatch(/^my lib: [0-9a-f]{12} -> [0-9a-f]{12}/);
}, 60_000);

/** An agent that does what quality-review tells, step by step, without a model. */
const reviewer = `#!/bin/bash
exec > "$GT_TOWN_ROOT/review.log" 2>&1
set -eux
gt prime > "$GT_TOWN_ROOT/review.told"
cd web
printf '❯ ' > /dev/tty
rig=$(basename "$PWD")
requests=$(gt mq list "$rig" --json)
git log --since='6 hours ago' --diff-filter=D --format='commit %h' --name-only -- '*.test.js' |
  while read -r word rest; do
    case "$word" in
      commit) commit=$rest ;;
      ?*) bd create --prefix "$rig" "Test $word was removed" --description "in $commit; queue: $requests" ;;
    esac
  done
gt escalate "Tests go away" -s medium
gt dog done
`;

test("quality-review has a dog look at what was merged lately, file beads that name commits, and call for a person", async () => {
  work.write("reviewer", reviewer);
  const command = join(work.root, "reviewer");
  chmodSync(command, 0o755);
  work.write("settings/config.json", {
    default_agent: "reviewer",
    agents: { reviewer: { provider: "generic", command, ready_prompt: "❯", prompt_mode: "none" } },
  });
  const clone = join(work.root, "clone");
  git(work.root, "clone", "-q", work.origin("web"), clone);
  vi.stubEnv("GIT_COMMITTER_DATE", new Date(Date.now() - 24 * 3_600_000).toISOString());
  commit(clone, "Test", { "old.test.js": "x", "login.test.js": "x" });
  git(clone, "rm", "-q", "old.test.js");
  commit(clone, "Remove a test long ago");
  vi.unstubAllEnvs();
  git(clone, "rm", "-q", "login.test.js");
  const removed = commit(clone, "Make it green");
  git(clone, "push", "-q");
  work.git("web", "fetch", "-q", "origin");

  expect(await run("quality-review")).toMatchObject({ kind: "sent" });
  const [site] = sitesOf(work.town, "quality-review", "web");
  if (site === undefined) throw new Error("no site");
  await waitFor(async () => (await settleRun(access, site)) || undefined, {
    timeoutMs: 30_000,
    what: "the review to end",
  });
  const log = readFileSync(join(work.root, "review.log"), "utf8");
  expect(readFileSync(join(work.root, "review.told"), "utf8"), log).toContain(
    "Look at what was merged into the default branch of your rig during the last six hours",
  );
  const [receipt] = await receipts(access.ledger, "quality-review", 1);
  expect(receipt?.labels, log).toContain("result:success");
  expect(await access.ledger.find({ type: "task", status: "open" })).toMatchObject([
    {
      ...{ title: "Test login.test.js was removed", scope: "web" },
      description: expect.stringContaining(`in ${removed.slice(0, 7)}; queue: `),
    },
  ]);
  expect(await access.ledger.find({ type: "escalation" })).toMatchObject([
    { title: "Tests go away", metadata: { escalation: { severity: "medium" } } },
  ]);
}, 60_000);
