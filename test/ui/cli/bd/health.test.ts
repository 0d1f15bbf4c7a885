import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { bdRepository } from "../../../support/bd-repository.ts";
import { damageLedger } from "../../../support/damage-ledger.ts";
import { runBd } from "../../../support/run-cli.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";
import { waitFor } from "../../../support/wait-for.ts";

interface Report {
  readonly overall_ok: boolean;
  readonly checks: readonly { readonly name: string; readonly status: string }[];
}

it("scenario 20: a damaged database is told apart by its exit code and built anew from the export", {
  timeout: 60_000,
}, async () => {
  const repository = await bdRepository();
  const lines = Array.from({ length: 80 }, (_, n) => `create task 2 Bead number ${n}`);
  writeFileSync(join(repository.path, "batch.txt"), lines.join("\n"));
  expect((await repository.bd(["batch", "-f", "batch.txt"])).code).toBe(0);
  expect((await repository.bd(["sync", "--no-push"])).code).toBe(0);
  const database = join(repository.path, ".beads/beads.db");
  await damageLedger(database);
  const listing = await repository.bd(["list", "--all", "--json"]);
  expect(listing.code).toBe(6);
  expect(listing.stderr).toContain("bd doctor --fix");
  expect((await repository.bd(["doctor", "--deep"])).code).toBe(1);
  const fixed = await repository.bd(["doctor", "--deep", "--fix", "-y", "--json"]);
  expect(fixed.json()).toMatchObject({ beads: 80, overall_ok: true });
  expect(
    readdirSync(join(repository.path, ".beads")).some((name) => name.startsWith("beads.db.corrupt-")),
  ).toBe(true);
  expect(await repository.json<readonly unknown[]>("list", "--all")).toHaveLength(80);
  expect((await repository.json<Report>("doctor", "--deep")).overall_ok).toBe(true);
});

it("scenario 20: four kilobytes overwritten in the middle of the file are noticed, and repaired from the export", {
  timeout: 60_000,
}, async () => {
  const repository = await bdRepository();
  // Texts that make the beads themselves most of the file.
  const line = (n: number) =>
    JSON.stringify({
      id: `demo-b${String(n).padStart(4, "0")}`,
      title: `Bead ${n}`,
      description: `${n} `.repeat(400),
    });
  const lines = Array.from({ length: 300 }, (_, n) => line(n)).join("\n");
  expect((await repository.bd(["import", "-"], { input: lines })).code).toBe(0);
  expect((await repository.bd(["sync", "--no-push"])).code).toBe(0);
  const exported = await readFile(join(repository.path, ".beads/issues.jsonl"), "utf8");
  const path = join(repository.path, ".beads/beads.db");
  new Database(path).pragma("wal_checkpoint(TRUNCATE)");
  const file = await open(path, "r+");
  const middle = Math.floor((await file.stat()).size / 2);
  await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, middle);
  await file.close();
  for (const command of ["list --all --limit 0 --json", "export", "stats"]) {
    const failed = await repository.bd(command.split(" "));
    expect([command, failed.code, failed.stderr]).toEqual([
      command,
      6,
      expect.stringMatching(/^Error: database is corrupt: .*beads\.db; run bd doctor --fix/m),
    ]);
  }
  expect((await repository.bd(["doctor", "--fix", "-y", "--json"])).json()).toMatchObject({
    overall_ok: true,
  });
  expect(await repository.json("count")).toMatchObject({ count: 300 });
  expect((await repository.bd(["export"])).stdout).toBe(exported);
  const kept = readdirSync(join(repository.path, ".beads")).find((name) =>
    name.startsWith("beads.db.corrupt-"),
  );
  const bytes = await readFile(join(repository.path, ".beads", kept ?? ""));
  expect(bytes.subarray(middle, middle + 4096).every((byte) => byte === 0xa5)).toBe(true);
});

it("a file that is no database at all is answered the same way", async () => {
  const repository = await bdRepository();
  const id = await repository.create("Keep me");
  await repository.bd(["sync", "--no-push"]);
  for (const suffix of ["", "-wal", "-shm"])
    writeFileSync(join(repository.path, `.beads/beads.db${suffix}`), "rubbish ".repeat(2000));
  const show = await repository.bd(["show", id]);
  expect(show.code).toBe(6);
  expect(show.stderr).toMatch(/^Error: database is corrupt: .*beads\.db; run bd doctor --fix/m);
  const report = await repository.bd(["doctor", "--json"]);
  expect(report.code).toBe(1);
  expect(report.json<Report>()).toMatchObject({
    overall_ok: false,
    checks: [{ name: "integrity", status: "error" }],
  });
  expect((await repository.bd(["doctor", "--fix", "-y"])).stdout).toContain(
    "the ledger was built anew: 1 beads",
  );
  expect((await repository.bd(["show", id])).stdout).toContain("Keep me");
});

it("doctor names what is wrong, --fix repairs it, and a healthy ledger passes", async () => {
  const repository = await bdRepository();
  await repository.create("A");
  await repository.bd(["sync", "--no-push"]);
  const file = join(repository.path, ".beads/issues.jsonl");
  writeFileSync(file, (await readFile(file, "utf8")).replace('"title":"A"', '"title":"Edited by hand"'));
  const before = await repository.bd(["doctor", "--json", "--check", "export-freshness"]);
  expect(before.json<Report>().checks).toMatchObject([{ name: "export-freshness", status: "warning" }]);
  expect((await repository.bd(["doctor", "--fix", "-y"])).stderr).toContain("repaired export-freshness");
  expect(await repository.json<readonly { title: string }[]>("list")).toMatchObject([
    { title: "Edited by hand" },
  ]);
  expect((await repository.bd(["backup", "create"])).code).toBe(0);
  const healthy = await repository.bd(["doctor"]);
  expect(healthy.code).toBe(0);
  expect(healthy.stdout).toMatch(/✓ \d+ checks, nothing wrong/);
  expect((await repository.bd(["doctor", "--check", "nonsense"])).code).toBe(2);
});

it("a backup puts the ledger back and keeps what it replaces", async () => {
  const repository = await bdRepository();
  await repository.create("before");
  const { path } = await repository.json<{ path: string }>("backup", "create");
  await repository.create("after");
  expect(await repository.json<readonly unknown[]>("backup", "list")).toMatchObject([{ path }]);
  const { kept } = await repository.json<{ kept: string }>("backup", "restore", path);
  expect(await repository.json<readonly unknown[]>("list")).toMatchObject([{ title: "before" }]);
  const old = await repository.bd(["list", "--json", "--db", kept]);
  expect(old.json<readonly unknown[]>()).toHaveLength(2);
});

it("ids and prefixes are renamed with everything that mentions them", async () => {
  const repository = await bdRepository();
  const id = await repository.create("old");
  const other = await repository.create("other", "--deps", id, "-d", `after ${id}`);
  expect((await repository.bd(["rename", id, "demo-login"])).stdout).toBe(`✓ Renamed ${id} to demo-login\n`);
  const [shown] = await repository.json<
    readonly { description: string; dependencies: readonly { id: string }[] }[]
  >("show", other);
  expect(shown).toMatchObject({ description: "after demo-login", dependencies: [{ id: "demo-login" }] });
  expect((await repository.bd(["rename", "demo-login", other])).code).toBe(4);
  expect((await repository.bd(["rename-prefix", "shop", "--dry-run"])).stdout).toContain(
    "Would rename 2 beads",
  );
  await repository.bd(["rename-prefix", "shop"]);
  expect(
    (await repository.json<readonly { id: string }[]>("list")).every((bead) => bead.id.startsWith("shop-")),
  ).toBe(true);
  expect((await repository.bd(["migrate"])).stdout).toBe("Already up to date (schema v1)\n");
});

it("old forms are brought to the present one", async () => {
  const repository = await bdRepository();
  const lines = [
    { id: "old-abc12", title: "stray", description: "see old-abc12.1" },
    { id: "old-abc12.1", title: "its child" },
    { id: "demo-x-witness", title: "x/witness", labels: ["later"] },
  ];
  await repository.bd(["import", "-"], { input: lines.map((line) => JSON.stringify(line)).join("\n") });
  expect(await repository.json("rename-prefix", "demo", "--repair", "--dry-run")).toMatchObject({
    renamed: 1,
  });
  await repository.json("rename-prefix", "demo", "--repair");
  expect(await repository.json<readonly unknown[]>("show", "demo-abc12", "demo-abc12.1")).toMatchObject([
    { description: "see demo-abc12.1" },
    { title: "its child" },
  ]);
  // As an older program left it: a label and a text, no row.
  const text = "x/witness\n\nrole_type: witness\nrig: x\nagent_state: working\nhook_bead: null";
  await repository.json("update", "demo-x-witness", "-d", text, "--add-label", "gt:agent");
  expect(await repository.json("migrate", "agents", "--dry-run")).toMatchObject({ count: 1, dry_run: true });
  expect(await repository.json("migrate", "agents")).toMatchObject({ migrated: ["demo-x-witness"] });
  const [agent] = await repository.json<readonly Record<string, unknown>[]>("show", "demo-x-witness");
  expect(agent).toMatchObject({ issue_type: "agent", role_type: "witness", agent_state: "working" });
  expect(agent).not.toHaveProperty("description");
  expect(await repository.json("migrate", "agents")).toMatchObject({ count: 0 });
  expect(await repository.json("migrate", "sync", "beads/main")).toMatchObject({ sync_branch: "beads/main" });
  expect(await repository.json("config", "get", "sync.branch")).toMatchObject({ value: "beads/main" });
  expect((await repository.bd(["migrate", "sync", "a..b"])).code).toBe(2);
  expect((await repository.bd(["migrate", "everything"])).code).toBe(2);
});

it("fields that stand as lines in a description go where their type stores them", async () => {
  const repository = await bdRepository();
  const text = "severity: high\nreason: it burns\nRelated-Bead: demo-a\n\nPlease look.";
  const id = await repository.create("Fire", "-t", "escalation", "-d", text);
  const shown = async () => (await repository.json<readonly Record<string, unknown>[]>("show", id))[0];
  expect(await shown()).toMatchObject({
    description: "Please look.",
    metadata: { escalation: { severity: "high", reason: "it burns", related_bead: "demo-a" } },
  });
  await repository.json("update", id, "-d", "severity: low\nLess urgent.");
  expect(await shown()).toMatchObject({
    description: "Less urgent.",
    metadata: { escalation: { severity: "low", reason: "it burns" } },
  });
  const task = await repository.create("Plain", "-d", "severity: high");
  expect((await repository.json<readonly Record<string, unknown>[]>("show", task))[0]).toMatchObject({
    description: "severity: high",
  });
  expect((await repository.bd(["show", id])).stdout).toContain("\nseverity: low\n");
});

it("an overdue export is made by the next command, and what others did to the file is taken in with it", async () => {
  const repository = await bdRepository();
  const file = join(repository.path, ".beads/issues.jsonl");
  const id = await repository.create("A");
  expect(existsSync(file)).toBe(false);
  await repository.bd(["config", "set", "export.debounce", "0s"]);
  await repository.create("B");
  expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(2);
  const edited = (await readFile(file, "utf8")).replace('"title":"A"', '"title":"Edited by hand"');
  writeFileSync(file, edited);
  await repository.create("C");
  expect((await repository.bd(["show", id])).stdout).toContain("Edited by hand");
  await repository.bd(["config", "set", "export.auto", "false"]);
  await repository.create("D");
  expect((await readFile(file, "utf8")).trimEnd().split("\n")).toHaveLength(3);
});

it("git hooks add themselves to what is there, sign commits, take in what is pulled, and go again", async () => {
  const repository = await bdRepository();
  const id = await repository.create("A");
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", repository.path, "-c", "user.name=Sam", "-c", "user.email=s@x", ...args], {
      encoding: "utf8",
      env: {
        ...process.env,
        BD_ACTOR: "web/polecats/nux",
        PATH: `${join(import.meta.dirname, "../../../../bin")}:${process.env["PATH"]}`,
      },
    });
  const hook = join(repository.path, ".git/hooks/pre-commit");
  writeFileSync(hook, "#!/bin/sh\necho mine >> hook-ran\n", { mode: 0o755 });
  await repository.bd(["config", "set", "sync.mode", "worktree"]);
  await repository.bd(["hooks", "install"]);
  await repository.bd(["hooks", "install"]);
  expect((await repository.bd(["hooks", "list"])).stdout).toBe(
    "✓ pre-commit\n✓ post-merge\n✓ post-checkout\n✓ prepare-commit-msg\n",
  );
  git("add", "AGENTS.md");
  git("commit", "-q", "-m", "Work");
  expect(git("show", "--stat", "--format=%B")).toMatch(/Executed-By: web\/polecats\/nux[\s\S]*issues\.jsonl/);
  expect(existsSync(join(repository.path, "hook-ran"))).toBe(true);

  const file = join(repository.path, ".beads/issues.jsonl");
  git("checkout", "-q", "-b", "other");
  const edited = (await readFile(file, "utf8")).replace('"title":"A"', '"title":"From elsewhere"');
  writeFileSync(file, edited);
  git("commit", "-q", "--no-verify", "-a", "-m", "Edit");
  git("checkout", "-q", "-");
  git("merge", "-q", "other");
  expect((await repository.bd(["show", id])).stdout).toContain("From elsewhere");
  await repository.bd(["hooks", "uninstall"]);
  expect(await readFile(hook, "utf8")).toBe("#!/bin/sh\necho mine >> hook-ran\n");
  expect(existsSync(join(repository.path, ".git/hooks/post-merge"))).toBe(false);
});

it("scenario 23: a wisp is out of the way until it is deleted, or kept because somebody commented on it", async () => {
  const repository = await bdRepository();
  const ping = await repository.create("p", "--ephemeral", "--wisp-type", "ping");
  const error = await repository.create("e", "--ephemeral", "--wisp-type", "error");
  await repository.bd(["comment", error, "worth keeping"]);
  expect(await repository.ready()).toEqual([]);
  expect(await repository.json<readonly unknown[]>("list")).toEqual([]);
  expect((await repository.bd(["export"])).stdout).toBe("");
  expect((await repository.bd(["mol", "wisp", "gc"])).stdout).toBe("✓ Deleted 0 wisp(s)\n");
  expect(await repository.json("mol", "wisp", "gc", "--all")).toMatchObject({
    cleaned_ids: [],
    promoted_ids: [error],
  });
  expect((await repository.bd(["export"])).stdout).toContain(error);
  expect(await repository.json("mol", "wisp", "gc", "--age", "0s")).toMatchObject({ cleaned_ids: [ping] });
  const closed = await repository.create("p", "--ephemeral", "--wisp-type", "ping");
  await repository.json("close", closed);
  expect(await repository.json("mol", "wisp", "gc", "--all")).toMatchObject({ cleaned_ids: [] });
  // Seven hours later.
  const earlier = `UPDATE issues SET updated_at = updated_at - ${7 * 3_600_000} WHERE id = '${closed}'`;
  expect(await repository.json("sql", "--write", earlier)).toMatchObject({ changes: 1 });
  expect(await repository.json("mol", "wisp", "gc", "--all")).toMatchObject({ cleaned_ids: [closed] });
  const done = await repository.create("d", "--ephemeral");
  await repository.bd(["close", done]);
  expect(await repository.json("mol", "wisp", "gc", "--closed")).toMatchObject({
    cleaned_ids: [],
    candidates: 1,
    dry_run: true,
  });
  expect(await repository.json("mol", "wisp", "gc", "--closed", "--force")).toMatchObject({
    cleaned_ids: [done],
  });
});

it("only reads the ledger of a newer program, unless told to write all the same", async () => {
  const repository = await bdRepository();
  const id = await repository.create("here");
  const database = new Database(join(repository.path, ".beads", "beads.db"));
  database.pragma("user_version = 99");
  database.close();
  const listed = await repository.bd(["list"]);
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining(id)]);
  expect(listed.stderr).toContain("warning: database schema v99 is newer than this bd");
  const refused = await repository.bd(["create", "more"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("database schema v99 is newer than this bd");
  expect((await repository.bd(["create", "more", "--ignore-schema-skew"])).code).toBe(0);
});

it("calls the event hooks of a repository only when a setting says so that no clone brings along", async () => {
  const repository = await bdRepository();
  const hooks = join(repository.path, ".beads", "hooks");
  mkdirSync(hooks);
  writeFileSync(join(hooks, "on_create"), '#!/bin/sh\necho "$1 $2" >> called\n', { mode: 0o755 });
  const called = join(repository.path, "called");
  writeFileSync(join(repository.path, ".beads", "config.yaml"), "hooks.trust: true\n");
  const ignored = await repository.bd(["create", "not told"]);
  expect([ignored.code, ignored.stderr]).toEqual([
    0,
    expect.stringContaining("the hooks in .beads/hooks are not called"),
  ]);
  expect((await repository.bd(["list"])).stderr).toBe("");
  writeFileSync(join(repository.path, ".beads", "config.local.yaml"), "hooks.trust: true\n");
  const told = await repository.create("told");
  // The file is there before what the hook writes is in it.
  const text = await waitFor(() => existsSync(called) && readFileSync(called, "utf8"), {
    timeoutMs: 30_000,
    what: "the hook to be called",
  });
  expect(text).toBe(`${told} created\n`);
});

it("says how beads of another program come in, and leaves its files alone", async () => {
  const cwd = temporaryDirectory();
  const beads = join(cwd, ".beads");
  mkdirSync(join(beads, "dolt"), { recursive: true });
  writeFileSync(join(beads, "config.yaml"), "");
  for (const command of ["list", "init"]) {
    const refused = await runBd([command], { cwd });
    expect([command, refused.code, refused.stderr.split("\n")[0]]).toEqual([
      command,
      1,
      `Error: ${join(beads, "dolt")} was made by another program`,
    ]);
    expect(refused.stderr).toContain("then: bd init && bd import all.jsonl");
  }
  const database = new Database(join(beads, "beads.db"));
  database.exec("CREATE TABLE issues (id TEXT PRIMARY KEY, title TEXT)");
  database.close();
  const before = await readFile(join(beads, "beads.db"));
  const refused = await runBd(["list", "--json"], { cwd });
  expect([refused.code, refused.json()]).toEqual([
    1,
    expect.objectContaining({ error: `${join(beads, "beads.db")} was made by another program` }),
  ]);
  expect((await readFile(join(beads, "beads.db"))).equals(before)).toBe(true);
});
