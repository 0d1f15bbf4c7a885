import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PlainTown } from "../../../support/plain-town.ts";
import { runGt } from "../../../support/run-cli.ts";

let town: PlainTown;
beforeEach(async () => {
  town = new PlainTown();
  await town.polecat("toast");
});
afterEach(() => town.dispose());

const gt = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runGt(["hooks", ...args], { cwd: town.root, env: { GT_HOME: join(town.root, "own"), ...env } });
const polecats = (): string => join(town.root, "greenplace/polecats/.claude/settings.json");
const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
const own = (name: string, hooks: object): void => {
  const file = join(town.root, "own", name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ hooks }));
};
const runsOn = (matcher: string, command: string) => ({ matcher, hooks: [{ type: "command", command }] });

test("files are listed with their state, shown as differences, written once and then in sync", async () => {
  const before = (await gt(["list", "--json"])).json<{ targets: { target: string; status: string }[] }>();
  expect(before.targets).toMatchObject([
    { target: "mayor", provider: "claude", status: "missing" },
    { target: "greenplace/polecats", provider: "claude", status: "missing", file: polecats() },
  ]);
  const plan = await gt(["sync", "-n"]);
  expect(plan.stdout).toContain("Would sync 2 targets (2 created, 0 updated, 0 unchanged)");
  expect(existsSync(polecats())).toBe(false);
  const diff = await gt(["diff", "greenplace/polecats"]);
  expect(diff.code).toBe(1);
  expect(diff.stdout).toContain('+    "SessionStart": [');
  expect(await gt(["diff", "nowhere"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no targets match "nowhere"'),
  });
  expect((await gt(["sync"])).stdout).toContain("Synced 2 targets (2 created, 0 updated, 0 unchanged)");
  expect((await gt(["sync"])).stdout).toContain("(0 created, 0 updated, 2 unchanged)");
  expect(await gt(["diff"])).toMatchObject({
    code: 0,
    stdout: "No changes pending - all targets in sync\n",
  });
});

test("a person's hooks go beside ours, overridden by role and rig, and leave again with their order", async () => {
  own("hooks-base.json", {
    PreToolUse: [runsOn("Bash", "log-it")],
    PostToolUse: [runsOn("Edit", "format")],
  });
  own("hooks-overrides/polecats.json", { PreToolUse: [runsOn("Bash", "log-polecat")] });
  own("hooks-overrides/greenplace__polecats.json", { PostToolUse: [{ matcher: "Edit", hooks: [] }] });
  await gt(["sync"]);
  const commands = (file: string, event: string) =>
    (read(file).hooks[event] ?? []).map((entry: { hooks: { command: string }[] }) => entry.hooks[0]?.command);
  expect(commands(polecats(), "PreToolUse")).toEqual([
    expect.stringContaining("tap hook pre-tool"),
    "log-polecat # gt hooks",
  ]);
  expect(commands(polecats(), "PostToolUse")).toEqual([]);
  const mayor = join(town.root, "mayor/.claude/settings.json");
  expect(commands(mayor, "PostToolUse")).toEqual(["format # gt hooks"]);
  const list = (await gt(["list"])).stdout;
  expect(list).toContain("base, polecats, greenplace/polecats");
  expect((await gt(["scan"])).stdout).toContain("[Edit] format");
  own("hooks-base.json", {});
  await gt(["sync"]);
  expect(commands(mayor, "PostToolUse")).toEqual([]);
  expect(commands(mayor, "PreToolUse")).toHaveLength(1);
});

test("what is wrong in a person's file is named, and no file is written with it", async () => {
  own("hooks-base.json", { Stop: [runsOn("", "a"), runsOn("", "b")] });
  const { code, stderr } = await gt(["sync"]);
  expect(code).toBe(1);
  expect(stderr).toContain(`duplicate matcher "" for Stop in ${join(town.root, "own/hooks-base.json")}`);
  expect(existsSync(polecats())).toBe(false);
  own("hooks-base.json", { OnTuesday: [] });
  expect((await gt(["list"])).stdout).toContain("OnTuesday is no event");
  expect(await gt(["override", "nobody"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('invalid target "nobody"; valid targets are mayor, deacon, crew'),
  });
  const edited = await gt(["override", "greenplace/polecat"], { EDITOR: "true" });
  expect(edited.code).toBe(0);
  expect((await gt(["override", "greenplace/polecats", "--show"])).stdout).toContain('"hooks": {}');
});

test("a runtime without arguments gets programs; a tracked file stays; stale settings are cleaned", async () => {
  const worktree = join(town.root, "greenplace/polecats/toast/greenplace");
  const git = (...args: readonly string[]) => execFileSync("git", ["-C", worktree, ...args]);
  git("init", "-q");
  town.write("settings/config.json", { default_agent: "auggie" });
  expect((await gt(["sync"])).code).toBe(0);
  const script = join(town.root, ".runtime/hooks/auggie/session-start.sh");
  expect(statSync(script).mode & 0o111).not.toBe(0);
  expect(readFileSync(script, "utf8")).toMatch(
    /^#!\/bin\/sh\nexec .*tap hook session-start --provider auggie\n$/,
  );
  const settings = join(worktree, ".augment/settings.local.json");
  expect(read(settings).hooks.SessionStart[0].hooks[0]).toMatchObject({ command: script, timeout: 30_000 });
  expect(git("status", "--porcelain").toString()).toBe("");
  expect((await gt(["sync"])).stdout).toContain("(0 created, 0 updated,");

  const stale = join(worktree, ".claude/settings.json");
  mkdirSync(dirname(stale), { recursive: true });
  const entry = runsOn("", "/old/gt tap hook turn-end --provider claude");
  writeFileSync(stale, JSON.stringify({ model: "x", hooks: { Stop: [entry, runsOn("", "mine")] } }));
  const lock = join(town.root, "greenplace/.repo.git/packed-refs.lock");
  town.write("greenplace/.repo.git/packed-refs.lock", "");
  utimesSync(lock, 0, 0);
  const repaired = (await gt(["repair"])).stdout;
  expect(repaired).toContain("ours taken out");
  expect(repaired).toContain(`✓ greenplace: removed ${lock}`);
  expect(read(stale)).toEqual({ model: "x", hooks: { Stop: [runsOn("", "mine")] } });

  git("add", "-f", ".augment");
  expect((await gt(["list"])).stdout).toMatch(/greenplace\/polecats\/toast +auggie +tracked/);
});
