import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { storageOptions } from "../../../../src/core/ledger/storage-settings.ts";
import { defaultPatienceMs } from "../../../../src/core/ledger/store/database.ts";
import { type BeadJson, bdRepository } from "../../../support/bd-repository.ts";
import { cliEnv } from "../../../support/run-cli.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";
import { waitFor } from "../../../support/wait-for.ts";

const bin = join(import.meta.dirname, "../../../../bin/bd");

it("scenario 14: an agent's bead of an older program keeps its facts as fields, not as text", async () => {
  const repository = await bdRepository();
  const description = [
    "gastown/polecats/nux",
    "",
    "role_type: polecat",
    "rig: gastown",
    "agent_state: working",
    "hook_bead: gt-abc12",
    "cleanup_status: null",
  ].join("\n");
  const line = JSON.stringify({
    id: "demo-gastown-polecat-nux",
    title: "gastown/polecats/nux",
    issue_type: "task",
    labels: ["gt:agent"],
    description,
  });
  expect((await repository.bd(["import", "-"], { input: `${line}\n` })).code).toBe(0);
  const [agent] = await repository.json<BeadJson[]>("show", "demo-gastown-polecat-nux");
  expect(agent).toMatchObject({
    issue_type: "agent",
    role_type: "polecat",
    rig: "gastown",
    agent_state: "working",
    hook_bead: "gt-abc12",
  });
  expect(agent?.["description"] ?? "").toBe("");
  expect(agent?.["cleanup_status"] ?? "").toBe("");
});

it("scenario 9: the synced file holds exactly what a fresh export says, also after a batch", async () => {
  const repository = await bdRepository();
  const lines = Array.from({ length: 200 }, (_, n) => `create task 2 Bead number ${n}`);
  expect((await repository.bd(["batch"], { input: `${lines.join("\n")}\n` })).code).toBe(0);
  expect(await repository.json("count")).toMatchObject({ count: 200 });
  await repository.json("sync", "--no-push");
  const file = readFileSync(join(repository.path, ".beads", "issues.jsonl"), "utf8");
  expect((await repository.bd(["export"])).stdout === file).toBe(true);
});

it("scenario 21: beads that vanished behind bd's back are not taken out of the file until that is forced", async () => {
  const repository = await bdRepository();
  const lines = Array.from({ length: 100 }, (_, n) => `create task 2 Bead ${n}`);
  await repository.bd(["batch"], { input: `${lines.join("\n")}\n` });
  await repository.json("sync", "--no-push");
  const beads = join(repository.path, ".beads");
  const file = () => readFileSync(join(beads, "issues.jsonl"), "utf8");
  const before = file();
  const vanish = "DELETE FROM issues WHERE id IN (SELECT id FROM issues ORDER BY id LIMIT 60)";
  expect((await repository.bd(["sql", vanish])).code).toBe(1);
  expect(await repository.json("sql", "--write", vanish)).toMatchObject({ changes: 60 });
  const refused = await repository.bd(["sync", "--rebuild", "--no-push"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("export refused: 100 -> 40 beads; use --force");
  expect(file()).toBe(before);
  expect(readdirSync(beads).filter((name) => name.includes(".suspect-"))).toHaveLength(1);
  expect((await repository.bd(["sync", "--rebuild", "--no-push", "--force"])).code).toBe(0);
  expect(file().trim().split("\n")).toHaveLength(40);
});

it("scenario 21: beads that were deleted are told to the others, however many", async () => {
  const repository = await bdRepository();
  const lines = Array.from({ length: 100 }, (_, n) => `create task 2 Bead ${n}`);
  await repository.bd(["batch"], { input: `${lines.join("\n")}\n` });
  await repository.json("sync", "--no-push");
  const ids = (await repository.json<readonly BeadJson[]>("list", "--limit", "60")).map(({ id }) => id);
  expect(await repository.json("delete", ...ids, "--force")).toMatchObject({ deleted_count: 60 });
  expect(await repository.json("sync", "--no-push")).toMatchObject([{ exported: 40, committed: true }]);
  const file = readFileSync(join(repository.path, ".beads/issues.jsonl"), "utf8");
  expect(file.match(/"_type":"tombstone"/g)).toHaveLength(60);
});

it("asks the tables and changes nothing unless told to", async () => {
  const repository = await bdRepository();
  const id = await repository.create('say "hi", all', "-p", "0");
  const ask = "SELECT id, title, priority FROM issues";
  expect(await repository.json("sql", ask)).toEqual([{ id, title: 'say "hi", all', priority: 0 }]);
  expect((await repository.bd(["sql", "--csv", ask])).stdout).toBe(
    `id,title,priority\n${id},"say ""hi"", all",0\n`,
  );
  for (const change of ["DELETE FROM issues", "PRAGMA user_version = 7", "ATTACH 'x.db' AS x"])
    expect([change, (await repository.bd(["sql", change])).code]).toEqual([change, 1]);
  for (const wrong of ["SELECT nothing FROM issues", "SELECT 1; DELETE FROM issues", ""])
    expect([wrong, (await repository.bd(["sql", wrong])).code]).toEqual([wrong, 2]);
  expect((await repository.bd(["sql", "--write", "--readonly", "DELETE FROM issues"])).code).toBe(1);
  expect(await repository.json("count")).toMatchObject({ count: 1 });
});

it("carries texts of any kind from one ledger to another, one line a bead", async () => {
  const from = await bdRepository();
  const to = await bdRepository();
  const texts: readonly string[] = [
    "x".repeat(4 * 1024 * 1024),
    "nul \u0000 bell \u0007 delete \u007f c1 \u0085\u009b",
    "\u001b[2J\u001b]0;title\u0007",
    "\u202eright to left\u202c \u2066isolate\u2069",
    "line\r\nbreaks \u2028 and \u2029\n<<<<<<< not a conflict\n=======\n>>>>>>> x",
    "🐺 ÅÄÖ \ufeff",
  ];
  for (const [n, text] of texts.entries()) {
    writeFileSync(join(from.path, "text"), text);
    await from.create(`bead ${n}`, "--id", `demo-text${n}`, "--body-file", "text");
  }
  // A half of a surrogate pair cannot be typed, but JSON can hold it.
  const half = '{"id":"demo-text9","title":"half \\ud800 pair"}\n';
  expect((await from.bd(["import", "-"], { input: half })).code).toBe(0);
  const exported = (await from.bd(["export"])).stdout;
  expect(exported.split("\n")).toHaveLength(texts.length + 2);
  writeFileSync(join(to.path, "in.jsonl"), exported);
  expect(await to.json("import", "in.jsonl")).toMatchObject({ created: texts.length + 1 });
  expect((await to.bd(["export"])).stdout === exported).toBe(true);
  for (const [n, text] of texts.entries()) {
    const [bead] = await to.json<BeadJson[]>("show", `demo-text${n}`);
    expect(bead?.["description"] === text, `text ${n}`).toBe(true);
  }
  const head = await to.json<{ to: number }>("changes", "--since", "0");
  expect(await to.json("import", "in.jsonl")).toMatchObject({ created: 0, unchanged: texts.length + 1 });
  expect(await to.json("changes", "--since", String(head.to))).toMatchObject({ changes: [] });
});

it("scenario 25: who follows the activity sees what others write, in the line format", {
  timeout: 60_000,
}, async () => {
  const repository = await bdRepository();
  const child = spawn(process.execPath, [bin, "activity", "--follow"], {
    cwd: repository.path,
    env: cliEnv({ BD_ACTOR: "reader" }),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let seen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
  });
  const first = await repository.create("before or after the start");
  await waitFor(async () => seen.includes(first), { timeoutMs: 30_000, what: "the first bead" });
  const delays: number[] = [];
  let second = "";
  for (let round = 0; round < 4; round++) {
    second = await repository.create("while following");
    const stored = performance.now();
    await waitFor(async () => seen.includes(second), { timeoutMs: 30_000, what: "the second bead" });
    delays.push(performance.now() - stored);
  }
  // The quickest, because a loaded machine delays one or the other.
  expect(Math.min(...delays)).toBeLessThan(500);
  expect(seen).toMatch(
    new RegExp(`^\\[\\d\\d:\\d\\d:\\d\\d\\] \\+ ${second} created · while following$`, "m"),
  );
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGINT");
  expect(await ended).toBe(0);
});

it("scenario 25: a write gives up on a lock that is never released, while reading goes on", async () => {
  const repository = await bdRepository();
  const id = await repository.create("readable");
  const database = new Database(join(repository.path, ".beads/beads.db"));
  onTestFinished(() => void database.close());
  database.exec("BEGIN IMMEDIATE");
  // Half a second here; without the setting it is what the next test says.
  const [refused, listed] = await Promise.all([
    repository.bd(["create", "x", "--json"], { env: { BD_STORAGE_BUSY_WAIT: "500ms" } }),
    repository.bd(["list"]),
  ]);
  expect([refused.code, refused.json()]).toEqual([
    5,
    expect.objectContaining({
      code: "busy",
      error: expect.stringMatching(/^database is busy \(held for \d+s by another process\)$/),
    }),
  ]);
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining(id)]);
  database.exec("ROLLBACK");
  expect((await repository.bd(["create", "x"])).code).toBe(0);
});

it("scenario 25: the wait for a lock is 30 seconds unless a setting says otherwise", async () => {
  expect(defaultPatienceMs).toBe(30_000);
  const beadsDir = temporaryDirectory();
  expect(await storageOptions(beadsDir, {})).toEqual({});
  expect(await storageOptions(beadsDir, { BD_STORAGE_SYNCHRONOUS: "full" })).toMatchObject({
    patienceMs: defaultPatienceMs,
  });
});
