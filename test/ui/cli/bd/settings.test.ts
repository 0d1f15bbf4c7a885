import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";
import { cliEnv } from "../../../support/run-cli.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

it("shows in a directory what its label says, unless labels are asked for", async () => {
  const repository = await bdRepository();
  const api = join(repository.path, "packages/api/src");
  mkdirSync(api, { recursive: true });
  mkdirSync(join(repository.path, "packages/apiary"));
  await repository.json("config", "set", "directory.labels.packages/api", "api");
  const one = await repository.create("in the api", "-l", "api");
  const two = await repository.create("elsewhere", "-l", "ui");
  const idsIn = async (cwd: string, ...args: readonly string[]) =>
    (await repository.bd([...args, "--json"], { cwd })).json<readonly BeadJson[]>().map(({ id }) => id);
  for (const command of ["list", "ready"]) {
    expect(await idsIn(api, command)).toEqual([one]);
    expect(await idsIn(api, command, "-l", "ui")).toEqual([two]);
    expect(await idsIn(join(repository.path, "packages/apiary"), command)).toHaveLength(2);
    expect(await idsIn(repository.path, command)).toHaveLength(2);
  }
});

it("cuts titles in feedback, or leaves them out", async () => {
  const repository = await bdRepository();
  const id = await repository.create("A title of some length");
  const claim = (env: Readonly<Record<string, string>>) => repository.bd(["update", id, "-p", "1"], { env });
  await repository.json("config", "set", "output.title-length", "7");
  expect((await claim({})).stdout).toBe(`✓ Updated issue: ${id} — A title…\n`);
  expect((await claim({ BD_OUTPUT_TITLE_LENGTH: "0" })).stdout).toBe(`✓ Updated issue: ${id}\n`);
});

it("asks new beads for a description and for the sections of their type", async () => {
  const repository = await bdRepository();
  await repository.json("config", "set", "create.require-description", "true");
  const bare = await repository.bd(["create", "bare", "--json"]);
  expect([bare.code, bare.json<{ error: string }>().error]).toEqual([
    2,
    'description is required: "bare" has none',
  ]);
  writeFileSync(join(repository.path, "plan.md"), "## Told\ntext\n## Bare\n");
  expect((await repository.bd(["create", "-f", "plan.md"])).code).toBe(2);
  expect((await repository.bd(["create", "p", "--ephemeral"])).code).toBe(0);
  await repository.json(
    "config",
    "set-many",
    "create.require-description=false",
    "validation.on-create=warn",
  );
  const warned = await repository.bd(["create", "warned"]);
  expect([warned.code, warned.stderr]).toEqual([
    0,
    'warning: validation failed: missing "## Acceptance Criteria"\n',
  ]);
  await repository.json("config", "set", "validation.on-create", "error");
  expect((await repository.bd(["create", "refused"])).code).toBe(2);
  expect((await repository.bd(["create", "complete", "--acceptance", "- [ ] it works"])).code).toBe(0);
  const titles = (await repository.json<readonly BeadJson[]>("list")).map(({ title }) => title);
  expect(titles.toSorted()).toEqual(["complete", "warned"]);
});

it("asks for a reason to close, wherever the setting stands", async () => {
  const repository = await bdRepository();
  const id = await repository.create("A");
  writeFileSync(join(repository.path, ".beads/config.local.yaml"), "validation:\n  on-close: error\n");
  const refused = await repository.bd(["close", id, "-r", "done"]);
  expect([refused.code, refused.stderr.split("\n")[0]]).toEqual([
    1,
    "Error: a close reason of at least 20 characters is required",
  ]);
  expect((await repository.bd(["close", id, "-r", "merged in 4f1c2ab, tests green"])).code).toBe(0);
});

it("hides the types that types.infra names", async () => {
  const repository = await bdRepository();
  await repository.create("a digest", "-t", "digest");
  expect(await repository.json("list")).toHaveLength(1);
  await repository.json("config", "set", "types.infra", "agent,digest");
  expect(await repository.json("list")).toEqual([]);
  expect(await repository.json("list", "--include-infra")).toHaveLength(1);
});

it("creates in another repository with --repo, and nowhere else", async () => {
  const [here, there] = [await bdRepository("here"), await bdRepository("there")];
  writeFileSync(join(here.path, "text.txt"), "from here");
  const bead = await here.json("create", "over there", "--repo", there.path, "--body-file", "text.txt");
  expect(bead.id).toMatch(/^there-/);
  expect(await there.json<readonly BeadJson[]>("list")).toMatchObject([
    { title: "over there", description: "from here" },
  ]);
  expect(await here.json("list")).toEqual([]);
  const nowhere = await here.bd(["create", "x", "--repo", temporaryDirectory(), "--json"]);
  expect([nowhere.code, nowhere.json<{ code: string }>().code]).toEqual([1, "no_database"]);
  expect((await here.bd(["create", "x", "--repo", there.path, "--rig", "y"])).code).toBe(2);
});

it("counts the commits and the history that goes with deleted beads", async () => {
  const repository = await bdRepository();
  const git = (...args: readonly string[]) =>
    execFileSync("git", args, { cwd: repository.path, env: cliEnv(), encoding: "utf8" });
  const id = await repository.create("A");
  expect(await repository.json("stats")).toMatchObject({ recent_activity: { commit_count: 0 } });
  git("commit", "-q", "--allow-empty", "-m", "one");
  git("commit", "-q", "--allow-empty", "-m", "long ago", "--date", "2020-01-01T00:00:00Z");
  await repository.json("sync", "--no-push");
  expect(await repository.json("stats")).toMatchObject({ recent_activity: { commit_count: 2 } });
  const other = await repository.create("B", "-l", "x");
  await repository.json("update", id, "-p", "1");
  expect(await repository.json("delete", id, other, "--force")).toMatchObject({
    deleted_count: 2,
    events_removed: 3,
  });
  const closed = await repository.create("C");
  await repository.json("close", closed);
  expect(await repository.json("prune", "--pattern", "C")).toMatchObject({ pruned_count: 1, events: 2 });
});

it("prints JSON without the flag where the setting says so", async () => {
  const repository = await bdRepository();
  await repository.json("config", "set", "json", "true");
  expect((await repository.bd(["list"])).stdout).toBe("[]\n");
  expect((await repository.bd(["list"], { env: { BD_JSON: "false" } })).stdout).toBe("No issues found.\n");
  expect((await repository.bd(["prime"])).stdout).toMatch(/^# Work is tracked in beads\n/);
});

it("tells an agent what it should know in 60 to 110 lines", async () => {
  const repository = await bdRepository();
  const lines = (await repository.bd(["prime"])).stdout.split("\n");
  expect(lines.length).toBeGreaterThanOrEqual(60);
  expect(lines.length).toBeLessThanOrEqual(110);
});
