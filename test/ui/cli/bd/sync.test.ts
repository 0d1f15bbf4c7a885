import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { BeadJson } from "../../../support/bd-repository.ts";
import { runBd } from "../../../support/run-cli.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

interface SyncJson {
  readonly merged: number;
  readonly committed: boolean;
  readonly pushed: boolean;
}

/** Two clones of one bare repository, with a first commit. */
function clones() {
  const directory = temporaryDirectory();
  const git = (cwd: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd,
      encoding: "utf8",
    });
  const [bare, first, second] = ["origin.git", "demo", "demo2"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  git(directory, "init", "-q", "--bare", bare);
  git(directory, "clone", "-q", bare, first);
  git(first, "commit", "-q", "--allow-empty", "-m", "first");
  git(first, "push", "-q", "origin", "HEAD");
  git(directory, "clone", "-q", bare, second);
  return { first, second, git };
}

const bd = async <T = BeadJson>(cwd: string, actor: string, ...args: string[]): Promise<T> => {
  const result = await runBd([...args, "--json"], { cwd, env: { BD_ACTOR: actor } });
  if (result.code !== 0) throw new Error(`bd ${args.join(" ")}: ${result.stderr}${result.stdout}`);
  return result.json<T>();
};

it("scenario 15: two clones that change one bead in different ways agree after they have synced", async () => {
  const { first, second, git } = clones();
  await bd(first, "ann", "init", "-p", "demo", "--skip-agents");
  const { id } = await bd(first, "ann", "create", "shared", "-l", "b");
  expect((await bd<SyncJson[]>(first, "ann", "sync"))[0]).toMatchObject({ committed: true, pushed: true });

  // The second clone finds the beads in git and takes over their prefix.
  expect(await bd(second, "bob", "init", "--skip-agents")).toMatchObject({ prefix: "demo" });
  expect((await bd<BeadJson[]>(second, "bob", "show", id))[0]).toMatchObject({ title: "shared" });

  await bd(first, "ann", "update", id, "--add-label", "a");
  await bd(first, "ann", "close", id, "-r", "done here");
  await bd(second, "bob", "update", id, "-d", "new text", "--remove-label", "b");
  await bd(second, "bob", "comment", id, "from bob");
  await bd(first, "ann", "sync");
  await bd(second, "bob", "sync");
  await bd(first, "ann", "sync");
  for (const [clone, actor] of [
    [first, "ann"],
    [second, "bob"],
  ] as const) {
    const [bead] = await bd<BeadJson[]>(clone, actor, "show", id, "--include-comments");
    expect(bead).toMatchObject({
      status: "closed",
      labels: ["a"],
      description: "new text",
      comment_count: 1,
    });
    expect(git(clone, "status", "--porcelain", "--untracked-files=no")).toBe("");
    expect(git(clone, "rev-parse", "--abbrev-ref", "HEAD").trim()).not.toBe("beads-sync");
  }
  const file = (clone: string) => readFileSync(join(clone, ".beads", "issues.jsonl"), "utf8");
  expect(file(first)).toBe(file(second));
});

it("says what a sync would find, without touching anything", async () => {
  const { first } = clones();
  await bd(first, "ann", "init", "-p", "demo", "--skip-agents");
  await bd(first, "ann", "create", "one");
  expect((await bd<{ dirty: number; mode: string }[]>(first, "ann", "sync", "--status"))[0]).toMatchObject({
    scope: "local",
    dirty: 1,
    mode: "branch",
  });
  const human = await runBd(["sync", "--no-push"], { cwd: first, env: { BD_ACTOR: "ann" } });
  expect(human.stdout).toMatch(/^✓ local: exported 1 \(1 changed\), committed [0-9a-f]{7}\n$/);
});

it("tells the others of a deletion for as long as sync.tombstone-ttl says", async () => {
  const { first } = clones();
  await bd(first, "ann", "init", "-p", "demo", "--skip-agents");
  const { id } = await bd(first, "ann", "create", "short-lived");
  await bd(first, "ann", "create", "stays");
  await bd(first, "ann", "sync", "--no-push");
  await bd(first, "ann", "delete", id, "--force");
  await bd(first, "ann", "sync", "--no-push");
  const file = () => readFileSync(join(first, ".beads", "issues.jsonl"), "utf8");
  expect(file()).toContain(`"_type":"tombstone","id":"${id}"`);
  await bd(first, "ann", "config", "set", "sync.tombstone-ttl", "1ms");
  await bd(first, "ann", "sync", "--no-push");
  expect(file()).not.toContain(id);
  expect(file()).toContain("stays");
});
