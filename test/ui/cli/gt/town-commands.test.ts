import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { namedBead } from "../../../../src/core/ledger/named-bead.ts";
import { runGt } from "../../../support/run-cli.ts";
import { git, scratchOrigin, scratchRepository } from "../../../support/scratch-repository.ts";
import { scratchTown } from "../../../support/scratch-town.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

const clean = /^[^\u0000-\u0008\u000b-\u001f\u007f\u202e]*$/;

test("gt install makes a town and says what to do next; again there is nothing to do", async () => {
  const root = join(temporaryDirectory(), "town");
  const first = await runGt(["install", root, "--git", "--name", "demo", "--json"]);
  expect(first.code).toBe(0);
  expect(first.json()).toMatchObject({ ok: true, town: root, name: "demo", repaired: [], warnings: [] });
  const second = await runGt(["install", root, "--git"]);
  expect(second).toMatchObject({ code: 0, stdout: '✓ town "demo" is already set up; nothing to do\n' });
  const nested = await runGt(["install", join(root, "sub")]);
  expect(nested).toMatchObject({ code: 1, stdout: "" });
  expect(nested.stderr).toMatch(/^error: .* is inside the town/);
});

test("a filled directory is not taken without being asked", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "notes.txt"), "mine");
  const refused = await runGt(["install", "."], { cwd: directory });
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain("--force");
  expect(readdirSync(directory)).toEqual(["notes.txt"]);
  expect((await runGt(["install", ".", "--force"], { cwd: directory })).code).toBe(0);
  expect(readFileSync(join(directory, "notes.txt"), "utf8")).toBe("mine");
});

test("outside a town every town command names the way in, in text and in JSON", async () => {
  const cwd = temporaryDirectory();
  for (const args of [
    [],
    ["status"],
    ["feed", "--plain"],
    ["log"],
    ["rig", "list"],
    ["rig", "add", "web", "x"],
  ]) {
    const result = await runGt(args, { cwd });
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toMatch(
      /^error: not in a Gas Town workspace\n {2}no mayor\/town\.json[\s\S]*hint: /,
    );
  }
  expect((await runGt(["status", "--json"], { cwd })).json()).toMatchObject({ ok: false, code: "E_NO_TOWN" });
  expect((await runGt(["status", "--town", cwd], { cwd })).stderr).toContain(`hint: gt install ${cwd}`);
});

test("gt rig add shows guessed gates, stores them with --yes, and rig list knows the rig", async () => {
  const scratch = await scratchTown();
  onTestFinished(() => scratch.dispose());
  const project = scratchRepository(join(scratch.outside, "web"), {
    "package.json": JSON.stringify({
      scripts: { test: "node --test", lint: "true" },
      dependencies: { x: "1" },
    }),
    "package-lock.json": "{}",
  });
  const added = await runGt(["rig", "add", "web", project, "--yes", "--json"], { cwd: scratch.root });
  expect(added.stderr).toContain("gates found");
  expect(added.json()).toMatchObject({
    ok: true,
    prefix: "web",
    gates: { setup_command: "npm ci", lint_command: "npm run lint", test_command: "npm test" },
  });
  expect(scratch.town.rigSettings("web")).toMatchObject({
    merge_queue: { test_command: "npm test", merge_style: "squash" },
  });
  scratchOrigin(join(scratch.outside, "api.git"), { "go.mod": "module x\n" });
  const other = await runGt(["rig", "add", "api", "../api.git"], { cwd: scratch.root });
  expect(other.code).toBe(0);
  expect(other.stderr).toContain('gt rig settings set api merge_queue.test_command "go test ./..."');
  expect(JSON.stringify(scratch.town.rigSettings("api")["merge_queue"])).not.toContain("go test");
  expect((await runGt(["rig", "list", "--json"], { cwd: scratch.root })).json()).toMatchObject([
    { name: "api", beads_prefix: "api", status: "operational", witness: "stopped" },
    { name: "web", beads_prefix: "web", refinery: "stopped", polecats: 0 },
  ]);
  expect(git(project, "status", "--porcelain")).toBe("");
});

test("status, feed, log and the overview show the town and never its control characters", async () => {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  onTestFinished(() => scratch.dispose());
  const { root, town } = scratch;
  const ledger = await scratch.ledger();
  const nux = "web/polecats/nux";
  await ledger.write("overseer", [
    {
      op: "create",
      as: "a",
      bead: { title: "Add \u001b]0;pwn\u0007login\u202e", scope: "web", type: "task" },
    },
    {
      op: "ensureAgent",
      agent: { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" },
    },
    { op: "hook", address: nux, bead: "$a" },
    { op: "setAgent", address: nux, fields: { lastSessionAt: Date.now() } },
    { op: "event", event: { type: "sling", payload: { bead: namedBead("a"), target: nux, rig: "web" } } },
    { op: "event", event: { type: "nudge", payload: { target: nux, reason: "wake\u001b[2J up" } } },
    { op: "event", event: { type: "gate_started", payload: { gate: "test" }, visibility: "audit" } },
  ]);
  mkdirSync(join(root, "web/polecats/nux/web"), { recursive: true });
  const gt = (...args: readonly string[]) => runGt(args, { cwd: root });

  const status = await gt("status");
  expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(clean) });
  expect(status.stdout).toMatch(/😺 Polecats \(1\)\n {3}nux .*→ Add login/);
  expect((await gt("status", "--json")).json()).toMatchObject({
    name: "scratch",
    daemon: { running: false },
    host: { running: false },
    summary: { rig_count: 1, polecat_count: 1, active_hooks: 1 },
    rigs: [{ name: "web", has_witness: true, polecats: ["nux"], mq: { pending: 0 } }],
  });
  expect((await gt("status", "--json", "--watch")).code).toBe(2);

  const overview = await gt();
  expect(overview).toMatchObject({ code: 0, stdout: expect.stringMatching(clean) });
  expect(overview.stdout.split("\n").filter((line) => /^[A-Z]+ \(\d+\)$/.test(line))).toEqual([
    "AGENTS (6)",
    "CONVOYS (0)",
    "PROBLEMS (1)",
    "QUEUE (0)",
    "EVENTS (3)",
  ]);
  expect(Object.keys((await gt("--json")).json<object>())).toEqual([
    "agents",
    "convoys",
    "problems",
    "queue",
    "events",
  ]);

  const feed = await gt("feed", "--plain", "--since", "1h", "--rig", "web", "-n", "5");
  expect(feed.stdout.trimEnd().split("\n").at(-1)).toMatch(
    /^\[\d\d:\d\d:\d\d\] ⚡ overseer {18}nudged nux: wake up$/,
  );
  expect(feed.stdout).not.toContain("gate");
  expect((await gt("feed", "--audit", "--type", "gate_started")).stdout).toContain("gate test");
  expect((await gt("feed", "--type", "mail")).stdout).toBe("No events match the filter\n");
  expect((await gt("feed", "--mol", "NUX")).stdout.trimEnd().split("\n")).toHaveLength(2);
  const records = (await gt("feed", "--json", "--type", "sling")).stdout.trimEnd().split("\n");
  expect(records.map((line) => JSON.parse(line))).toMatchObject([
    {
      type: "sling",
      category: "work",
      rig: "web",
      role: "overseer",
      message: expect.stringMatching(/^slung web-/),
    },
  ]);
  for (const bad of [
    ["--since", "abc"],
    ["-n", "-1"],
    ["-f", "--no-follow"],
    ["--panels", "x"],
  ])
    expect((await gt("feed", ...bad)).code).toBe(2);
  expect(await gt("feed", "--window")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--window needs tmux; run gt feed in another terminal"),
  });
  expect((await gt("convoy", "list", "-i")).stderr).toContain("the full-screen view needs a terminal");
  expect((await gt("feed", "--rig", "wbe")).stderr).toContain('did you mean "web"?');
  expect((await gt("log")).stdout).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[nudge\] web\/polecats\/nux nudged nux/,
  );
  expect((await gt("log", "-a", "web/", "--json")).json()).toMatchObject([{ type: "nudge" }]);
  expect(existsSync(town.paths.daemon)).toBe(true);
});

test("the problems table names who needs help and ends with 3", async () => {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  onTestFinished(() => scratch.dispose());
  const gt = (...args: readonly string[]) => runGt(args, { cwd: scratch.root });
  expect(await gt("feed", "--plain", "--problems")).toMatchObject({
    code: 0,
    stdout: "No problems: 5 agents ok\n",
  });
  const ledger = await scratch.ledger();
  const lastSessionAt = Date.now() - 40 * 60_000;
  await ledger.write("overseer", [
    { op: "create", as: "a", bead: { title: "Work", scope: "web", type: "task" } },
    {
      op: "ensureAgent",
      agent: { id: "web-crew-max", address: "web/crew/max", role: "crew", rig: "web", name: "max" },
    },
    { op: "hook", address: "web/crew/max", bead: "$a" },
    {
      op: "setAgent",
      address: "web/crew/max",
      fields: { state: "working", hookState: "active", lastSessionAt },
    },
  ]);
  mkdirSync(join(scratch.root, "web/crew/max"), { recursive: true });
  const screen = join(scratch.root, ".runtime/sessions/web-crew-max.screen");
  mkdirSync(dirname(screen), { recursive: true });
  writeFileSync(screen, "building\nWhich branch\u001b[1m?\n\n");
  const records = (await gt("feed", "--problems", "--json")).stdout.trimEnd().split("\n");
  expect(records.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ address: "web/crew/max", state: "gupp", last_output: "Which branch?" }),
  );
  const problems = await gt("feed", "--plain", "--problems");
  expect(problems.code).toBe(3);
  expect(problems.stdout).toMatch(/^AGENT +STATE +IDLE +BEAD +RIG +REASON\nweb\/crew\/max +gupp +40m +web-/);
});

test("restarts are forgotten and the daemon's log is put aside by hand (04 §7.2, §8.4)", async () => {
  const scratch = await scratchTown({ rigs: [{ name: "web", prefix: "web" }] });
  onTestFinished(() => scratch.dispose());
  const { root, town } = scratch;
  const gt = (...args: readonly string[]) => runGt(args, { cwd: root });
  const ledger = await scratch.ledger();
  const nux = "web/polecats/nux";
  await ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" },
    },
    { op: "setAgent", address: nux, fields: { restarts: 5, crashLoopSince: 1 } },
    { op: "putRow", table: "patrols", key: `worker:${nux}`, value: { seen: 1 } },
  ]);
  expect(await gt("daemon", "clear-backoff", nux)).toMatchObject({
    stderr: "",
    stdout: `✓ ${nux} may be restarted again\n`,
  });
  expect(await ledger.agent(nux)).toMatchObject({ restarts: 0 });
  expect((await ledger.agent(nux))?.crashLoopSince).toBeUndefined();
  expect(await ledger.rows("patrols")).toEqual([]);
  expect((await gt("daemon", "clear-backoff", "web/polecats/rust")).stderr).toMatch(/^error: .*web\/.*rust/);

  expect((await gt("daemon", "rotate-logs", "--force", "--json")).json()).toMatchObject({ rotated: false });
  const log = join(town.paths.logs, "daemon.log");
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, "first\n");
  expect((await gt("daemon", "rotate-logs")).stdout).toContain("--force");
  expect((await gt("daemon", "rotate-logs", "--force")).stdout).toBe(`✓ ${log} is now ${log}.1\n`);
  expect([existsSync(log), readFileSync(`${log}.1`, "utf8")]).toEqual([false, "first\n"]);
});

test("settings that cannot be read are one warning, or one error where they matter", async () => {
  const scratch = await scratchTown();
  onTestFinished(() => scratch.dispose());
  const file = join(scratch.root, "settings/config.json");
  writeFileSync(file, '{"default_agent": 5, "operational": {"health": {"gupp": "soon"}}, "x_mine": 1}');
  const status = await runGt(["status"], { cwd: scratch.root });
  expect(status.code).toBe(0);
  expect(status.stderr.split("\n").filter((line) => line.startsWith("warning:"))).toHaveLength(2);
  expect(status.stderr).toContain(`${file}: operational.health.gupp is "soon", expected a duration > 0`);
});
