import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runGt } from "../../../support/run-cli.ts";
import { scratchTown } from "../../../support/scratch-town.ts";

async function townWithRig() {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  onTestFinished(() => scratch.dispose());
  const gt = (...args: readonly string[]) => runGt(args, { cwd: scratch.root });
  return { ...scratch, gt, file: join(scratch.root, "settings/config.json") };
}

test("a value is checked by its type, set, explained and unset", async () => {
  const { gt, town, file } = await townWithRig();
  expect((await gt("config", "get", "scheduler.max_polecats")).stdout).toBe("-1\n");
  expect((await gt("config", "set", "scheduler.max_polecats", "8")).stdout).toBe(
    "scheduler.max_polecats: -1 → 8\n",
  );
  expect((await gt("config", "get", "scheduler.max_polecats", "--json")).json()).toEqual({
    key: "scheduler.max_polecats",
    value: 8,
    source: "town",
    file,
    default: -1,
  });
  expect((await gt("config", "list", "--json")).json()).toMatchObject([
    { key: "scheduler.max_polecats", value: 8 },
  ]);
  expect((await gt("config", "get", "scheduler", "--json")).json()).toMatchObject({
    value: { batch_size: 1, max_polecats: 8 },
  });
  expect((await gt("config", "unset", "scheduler.max_polecats")).stdout).toContain("now -1 (default)");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ type: "town-settings", version: 1 });
  expect(town.settings()).toMatchObject({ scheduler: { max_polecats: -1 } });
});

test("unknown keys and bad values are refused with what would be right, and nothing is written", async () => {
  const { gt, file } = await townWithRig();
  const before = readFileSync(file, "utf8");
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["scheduler.max_polecats", "lots"], /an integer >= -1/],
    [["schedular.batch_size", "2"], /did you mean "scheduler.batch_size"\?/],
    [["operational.health.gupp", "soon"], /a duration > 0/],
    [["cli_theme", "pink"], /one of auto, dark, light/],
    [["merge_queue.test_command", "npm test"], /a setting of a rig/],
    [["scheduler", "1"], /a group of settings/],
    [["default_agent", "nobody"], /agent 'nobody' not found/],
  ];
  for (const [args, message] of cases) {
    const result = await gt("config", "set", ...args);
    expect(result.code, args.join(" ")).toBe(2);
    expect(result.stderr).toMatch(message);
  }
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("a rig's setting is its own; maps take entries of any name", async () => {
  const { gt, town } = await townWithRig();
  await gt("config", "set", "merge_queue.test_command", "npm test", "--rig", "web");
  await gt("config", "set", 'merge_queue.gates."e2e".cmd', "npm run e2e", "--rig", "web");
  expect(town.rigSettings("web")["merge_queue"]).toMatchObject({
    test_command: "npm test",
    gates: { e2e: { cmd: "npm run e2e" } },
    merge_style: "squash",
  });
  expect((await gt("config", "get", "merge_queue.gate_timeout", "--rig", "web", "--source")).stdout).toBe(
    "30m  (default)\n",
  );
  expect((await gt("config", "set", "x", "1", "--rig", "nope")).code).toBe(2);
  expect((await gt("config", "path", "--rig", "web")).stdout).toBe(
    `${join(town.root, "web/settings/config.json")}\n`,
  );
});

test("a file that is not JSON stops writers, warns readers and is left as it is", async () => {
  const { gt, file } = await townWithRig();
  writeFileSync(file, '{\n  "default_agent": "claude",\n  broken');
  const set = await gt("config", "set", "cli_theme", "dark");
  expect(set).toMatchObject({ code: 1 });
  expect(set.stderr).toContain(`error: ${file}:3:3 is not valid JSON`);
  const status = await gt("status");
  expect(status.code).toBe(0);
  expect(status.stderr.match(/^warning: /gm)).toHaveLength(1);
  expect((await gt("feed", "--plain")).code).toBe(0);
  expect(readFileSync(file, "utf8")).toContain("broken");
});

test("writers at once lose nothing, not even what somebody wrote by hand", async () => {
  const { gt, file } = await townWithRig();
  writeFileSync(file, '{"type": "town-settings", "version": 1, "x_mine": {"a": 1}}');
  const keys = [
    "scheduler.batch_size",
    "convoy.feed_max",
    "mountain.max_failures",
    "events.min_retain_count",
  ];
  const results = await Promise.all(keys.map((key, index) => gt("config", "set", key, String(index + 2))));
  expect(results.map((result) => result.code)).toEqual([0, 0, 0, 0]);
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
    x_mine: { a: 1 },
    scheduler: { batch_size: 2 },
    convoy: { feed_max: 3 },
    mountain: { max_failures: 4 },
    events: { min_retain_count: 5 },
  });
});

test("the editor's version is checked before it is put in place", async () => {
  const { root, file } = await townWithRig();
  const edit = (script: string) =>
    runGt(["config", "edit"], { cwd: root, env: { EDITOR: `sh -c '${script}' edit` } });
  const bad = await edit('printf "{\\"cli_theme\\": 5}" > "$1"');
  expect(bad.code).toBe(1);
  expect(bad.stderr).toContain("cli_theme is 5, expected one of auto, dark, light");
  expect(readFileSync(file, "utf8")).not.toContain("cli_theme");
  const good = await edit('printf "{\\"cli_theme\\": \\"dark\\"}\\n" > "$1"');
  expect(good.code).toBe(0);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ cli_theme: "dark" });
  expect((await edit("true")).stdout).toBe("Nothing changed.\n");
});

test("who one is follows environment, file and directory, and a contradiction is shown", async () => {
  const { root, gt } = await townWithRig();
  expect((await gt("whoami")).stdout).toBe(
    "Identity: overseer\nSource: no GT_ROLE set (human at terminal)\nOverseer: Ada <ada@example.com>\n",
  );
  const inWitness = join(root, "web/witness");
  expect((await runGt(["whoami", "--json"], { cwd: inWitness })).json()).toMatchObject({
    address: "web/witness",
    source: "cwd",
    overseer: { name: "Ada" },
  });
  const agent = { GT_ROLE: "polecat", GT_RIG: "web", GT_POLECAT: "Nux" };
  const role = await runGt(["role"], { cwd: inWitness, env: agent });
  expect(role.stdout).toContain("ROLE MISMATCH\n  environment: web/polecats/nux\n  directory:   web/witness");
  expect((await runGt(["role", "detect"], { cwd: inWitness, env: agent })).stdout).toMatch(/^witness\n/);
  expect((await runGt(["role", "env"], { cwd: root, env: agent })).stdout).toContain(
    "export GT_POLECAT='nux'\n",
  );
  expect((await runGt(["whoami"], { cwd: root, env: { GT_ROLE: "polecat" } })).stderr).toMatch(
    /^error: cannot determine identity \(GT_ROLE=polecat\)\n {2}GT_RIG and GT_POLECAT are not set/,
  );
  expect((await gt("role", "home", "mayor")).stdout).toBe(`${join(root, "mayor")}\n`);
  expect((await gt("role", "home", "polecat", "--rig", "web", "--polecat", "nux")).stdout).toBe(
    `${join(root, "web/polecats/nux/web")}\n`,
  );
  expect((await gt("role", "home", "polecat", "--polecat", "nux")).code).toBe(2);
});
