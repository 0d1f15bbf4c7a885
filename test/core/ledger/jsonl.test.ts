import { appendFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportLines } from "../../../src/core/ledger/jsonl/export-lines.ts";
import { exportScope } from "../../../src/core/ledger/jsonl/export-scope.ts";
import { importChangedFile } from "../../../src/core/ledger/jsonl/import-changed-file.ts";
import { importText } from "../../../src/core/ledger/jsonl/import-records.ts";
import type { SqliteLedger } from "../../../src/core/ledger/store/sqlite-ledger.ts";
import { scratchLedger } from "./scratch-ledger.ts";

const at = "2026-01-05T10:00:00Z";

function line(id: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    _type: "issue",
    id,
    title: `Title of ${id}`,
    status: "open",
    priority: 2,
    issue_type: "task",
    created_at: at,
    updated_at: at,
    ...more,
  });
}

function importOf(ledger: SqliteLedger, text: string, more: Record<string, unknown> = {}) {
  return importText(ledger, text, {
    actor: "overseer",
    now: Date.parse("2026-01-06T09:00:00Z"),
    scope: "gastown",
    ...more,
  });
}

function exported(ledger: SqliteLedger): readonly string[] {
  return [...exportLines(ledger, { scope: "gastown" })].map((text) => text.trimEnd());
}

it("keeps unknown keys of beads, edges and comments digit by digit and in their order", async () => {
  const { ledger } = await scratchLedger();
  const given = `{"_type":"issue","id":"gt-aaaaa","title":"T","status":"open","priority":0,"issue_type":"task","created_at":"${at}","updated_at":"${at}","labels":["a"],"dependencies":[{"issue_id":"gt-aaaaa","depends_on_id":"gt-bbbbb","type":"blocks","created_at":"${at}","weight":1.50}],"comments":[{"id":"c1","issue_id":"gt-aaaaa","author":"x","text":"hi","created_at":"${at}","mood":"good"}],"x_score":0.70,"x_big":12345678901234567890,"__proto__":{"a":1},"x_nested":{"z":1,"a":[]}}`;
  const report = await importOf(ledger, `${given}\n`);
  expect(report).toMatchObject({ created: 1, updated: 0 });
  expect(exported(ledger)).toEqual([given]);
  const head = await ledger.head();
  expect(await importOf(ledger, `${given}\n`)).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
  expect(await ledger.head()).toBe(head);

  await ledger.write("overseer", [{ op: "update", id: "gt-aaaaa", fields: { title: "New" } }]);
  expect(exported(ledger)[0]).toContain(
    '"x_score":0.70,"x_big":12345678901234567890,"__proto__":{"a":1},"x_nested":{"z":1,"a":[]}}',
  );
});

it("reads what older programs wrote", async () => {
  const { ledger } = await scratchLedger();
  const agent = line("gt-gastown-polecat-nux", {
    title: "gastown/polecats/nux",
    labels: ["gt:agent"],
    description:
      "gastown/polecats/nux\n\nrole_type: polecat\nrig: gastown\nagent_state: working\nhook_bead: gt-abc12\ncleanup_status: null",
  });
  const mr = line("gt-mr-00001", {
    issue_type: "merge-request",
    wisp: true,
    description: "branch: polecat/nux\nTarget: main\nretry_count: 3\nA line of a person.",
  });
  const closed = line("gt-aaaaa", { status: "closed", close_reason: "failed: red", priority: undefined });
  await importOf(ledger, [agent, mr, closed].join("\n"));
  expect(await ledger.get("gt-gastown-polecat-nux")).toMatchObject({ type: "agent", description: "" });
  expect(await ledger.agent("gastown/polecats/nux")).toMatchObject({
    role: "polecat",
    rig: "gastown",
    state: "working",
    hookBead: "gt-abc12",
  });
  expect(await ledger.get("gt-mr-00001")).toMatchObject({
    ephemeral: true,
    description: "A line of a person.",
    metadata: { mr: { branch: "polecat/nux", target: "main", retry_count: 3 } },
  });
  expect(await ledger.get("gt-aaaaa")).toMatchObject({
    outcome: "failure",
    priority: 2,
    closedAt: Date.parse(at) + 1000,
  });
});

it("imports nothing when a line is wrong, or everything else when asked to skip it", async () => {
  const { ledger } = await scratchLedger();
  const text = [line("gt-aaaaa"), line("gt-bbbbb", { priority: 9 }), line("gt-ccccc")].join("\n");
  await expect(importOf(ledger, text)).rejects.toMatchObject({
    code: "E_IMPORT",
    message: 'line 2: invalid priority "9" (use 0-4 or P0-P4)',
  });
  expect(await ledger.count({})).toBe(0);
  const report = await importOf(ledger, text, { skipInvalid: true });
  expect(report).toMatchObject({ created: 2, invalid: [{ line: 2 }] });
});

it("never takes a bead back to an older version and never deletes one that a file does not name", async () => {
  const { ledger, create } = await scratchLedger();
  const bead = await create({ title: "new" });
  const report = await importOf(ledger, line(bead.id, { title: "old" }));
  expect(report.stale).toEqual([bead.id]);
  expect((await ledger.get(bead.id))?.title).toBe("new");
});

it("refuses a prefix that nobody registered in a town unless told whose it is", async () => {
  const { ledger } = await scratchLedger();
  await expect(importOf(ledger, line("web-aaaaa"))).rejects.toMatchObject({ code: "E_PREFIX" });
  await importOf(ledger, line("web-aaaaa"), { register: "web" });
  expect((await ledger.get("web-aaaaa"))?.scope).toBe("web");
});

it("exports only what changed and leaves an equal file alone", async () => {
  const { ledger, create, clock, directory } = await scratchLedger();
  const path = join(directory, "issues.jsonl");
  const run = () => exportScope(ledger, { scope: "gastown", path, now: clock.now() });
  const [a] = [await create({ title: "A" }), await create({ title: "B" })];
  await create({ title: "wisp", ephemeral: true });
  await create({ title: "message", type: "message", scope: "town" });
  expect(await run()).toMatchObject({ exported: 2, added: 2, written: true });
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toEqual(exported(ledger));
  const before = (await stat(path)).mtimeMs;
  expect(await run()).toMatchObject({ exported: 2, added: 0, changed: 0, written: false });
  expect((await stat(path)).mtimeMs).toBe(before);
  await ledger.write("x", [
    { op: "addLabel", id: a.id, label: "l" },
    { op: "comment", id: a.id, text: "hello" },
  ]);
  expect(await run()).toMatchObject({ exported: 2, changed: 1, written: true });
  await ledger.write("x", [{ op: "delete", id: a.id, reason: "gone" }]);
  expect(await run()).toMatchObject({ exported: 1, changed: 1 });
  expect(await readFile(path, "utf8")).toContain(`{"_type":"tombstone","id":"${a.id}","status":"tombstone"`);
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toEqual(exported(ledger));
});

it("refuses an export that would lose most beads and keeps the old file", async () => {
  const { ledger, clock, directory } = await scratchLedger();
  const path = join(directory, "issues.jsonl");
  const text = Array.from({ length: 10 }, (_, n) => line(`gt-aaaa${n}`)).join("\n");
  await importOf(ledger, text);
  const options = { scope: "gastown", path, now: clock.now(), rebuild: true };
  await exportScope(ledger, options);
  const old = await readFile(path, "utf8");
  ledger.database.run("DELETE FROM issues WHERE id > 'gt-aaaa3'");
  await expect(exportScope(ledger, options)).rejects.toThrow("export refused: 10 -> 4 beads; use --force");
  expect(await readFile(path, "utf8")).toBe(old);
  expect(await exportScope(ledger, { ...options, force: true })).toMatchObject({ exported: 4, removed: 6 });
});

it("scenario 19: takes in what others did to the file, resolves conflict blocks and drops an unfinished last line", async () => {
  const { ledger, clock, directory } = await scratchLedger();
  const path = join(directory, "issues.jsonl");
  await importOf(ledger, [line("gt-aaaaa"), line("gt-bbbbb"), line("gt-ccccc")].join("\n"));
  await exportScope(ledger, { scope: "gastown", path, now: clock.now() });
  const newer = "2026-01-06T10:00:00Z";
  await writeFile(
    path,
    [
      "<<<<<<< HEAD",
      line("gt-aaaaa", { labels: ["ours"], updated_at: newer }),
      "=======",
      line("gt-aaaaa", { priority: 0, updated_at: newer }),
      ">>>>>>> theirs",
      line("gt-bbbbb", { description: "<<<<<<< not a marker\n=======\n>>>>>>>", updated_at: newer }),
      line("gt-ddddd").slice(0, 40),
    ].join("\n"),
  );
  clock.advance(1000);
  const file = { scope: "gastown", path, actor: "overseer", now: clock.now() };
  const report = await importChangedFile(ledger, file);
  expect(report).toMatchObject({ resolvedBlocks: 1, updated: 2, created: 0, deleted: 0 });
  expect(report?.warnings.join()).toContain("never finished");
  expect(await ledger.get("gt-aaaaa")).toMatchObject({ labels: ["ours"], priority: 0 });
  expect((await ledger.get("gt-bbbbb"))?.description).toContain("not a marker");
  expect(await ledger.count({})).toBe(3);
  await exportScope(ledger, { scope: "gastown", path, now: clock.now() });
  expect((await readFile(path, "utf8")).trimEnd().split("\n")).toEqual(exported(ledger));
  expect(await importChangedFile(ledger, file)).toBeUndefined();

  await appendFile(path, "{this is damaged}\n");
  const damaged = await importChangedFile(ledger, file);
  expect(damaged?.invalid).toHaveLength(1);
  expect(await readFile(`${path}.rejects`, "utf8")).toBe("{this is damaged}\n");
  await writeFile(path, "");
  expect(await importChangedFile(ledger, file)).toBeUndefined();
  expect(await ledger.count({})).toBe(3);
});

it("scenario 21: accepts that many beads are deleted when they were deleted on purpose", async () => {
  const { ledger, clock, directory } = await scratchLedger();
  const options = { scope: "gastown", path: join(directory, "issues.jsonl"), now: clock.now() };
  const ids = Array.from({ length: 100 }, (_, n) => `gt-b${String(n).padStart(4, "0")}`);
  await importOf(ledger, ids.map((id) => line(id)).join("\n"));
  await exportScope(ledger, options);
  await ledger.write(
    "x",
    ids.slice(0, 60).map((id) => ({ op: "delete", id, reason: "old" }) as const),
  );
  expect(await exportScope(ledger, options)).toMatchObject({ written: true, changed: 60 });
  expect(await exportScope(ledger, { ...options, rebuild: true })).toMatchObject({
    written: false,
    changed: 0,
  });
  // A month later nobody needs to be told any more.
  expect(await exportScope(ledger, { ...options, now: clock.now() + 31 * 24 * 3600 * 1000 })).toMatchObject({
    exported: 40,
    removed: 60,
  });
});

it("repeats an export that was killed after writing the file without changing a bead", async () => {
  const { ledger, clock, create, directory } = await scratchLedger();
  const path = join(directory, "issues.jsonl");
  const options = { scope: "gastown", path, now: clock.now() };
  const bead = await create({ title: "A" });
  await exportScope(ledger, options);
  await ledger.write("x", [{ op: "addLabel", id: bead.id, label: "new" }]);
  const tables = ["export_lines", "export_state", "dirty"];
  for (const table of tables) ledger.database.execute(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
  await exportScope(ledger, options);
  const written = await readFile(path, "utf8");
  for (const table of tables)
    ledger.database.execute(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}`);

  const head = await ledger.head();
  const report = await importChangedFile(ledger, { ...options, actor: "x" });
  expect(report).toMatchObject({ created: 0, updated: 0, deleted: 0 });
  expect(await ledger.head()).toBe(head);
  await exportScope(ledger, options);
  expect(await readFile(path, "utf8")).toBe(written);
  expect(ledger.database.value("SELECT count(*) FROM dirty")).toBe(0);
});

it("turns an imported edge that contradicts what is here into a relation, and completes short addresses", async () => {
  const { ledger, create, depend } = await scratchLedger();
  const [a, b] = [await create({ title: "A" }), await create({ title: "B" })];
  await depend(a.id, b.id);
  const late = "2026-02-01T00:00:00Z";
  const edge = { depends_on_id: a.id, type: "blocks", created_at: late };
  await importOf(ledger, line(b.id, { assignee: "mayor", updated_at: late, dependencies: [edge] }));
  expect((await ledger.get(b.id))?.assignee).toBe("mayor/");
  expect(await ledger.dependencies(b.id)).toMatchObject([
    { to: a.id, type: "related", metadata: '{"was":"blocks","reason":"merge-cycle"}' },
  ]);
  expect((await ledger.ready()).map(({ id }) => id)).toEqual([b.id]);
});

it("takes beads without an id, skips twins of open ones, and says beforehand what it would do", async () => {
  const { ledger, create } = await scratchLedger();
  await create({ title: "known" });
  const text = ['{"title":"known"}', '{"title":"fresh"}', '{"_type":"memory","key":"k","value":"v"}'].join(
    "\n",
  );
  expect(await importOf(ledger, line("gt-zzzz1"), { dryRun: true })).toMatchObject({ created: 1 });
  const foreseen = await importOf(ledger, text, { dryRun: true, dedup: true });
  expect(foreseen).toMatchObject({ created: 1, memories: 1 });
  expect(foreseen.dedupSkipped).toHaveLength(1);
  expect(await ledger.count({})).toBe(1);
  const report = await importOf(ledger, text, { dedup: true });
  expect(report).toMatchObject({ created: 1, memories: 1 });
  expect(report.dedupSkipped).toHaveLength(1);
  expect((await ledger.find({ titleContains: "fresh" }))[0]?.id).toMatch(/^gt-[0-9a-z]{5}$/);
  expect((await ledger.values("memory")).get("k")).toBe("v");
});

it("does with children whose parent is nowhere what it is told to", async () => {
  const { ledger } = await scratchLedger();
  const orphan = line("gt-lost1.1");
  await expect(importOf(ledger, orphan, { orphans: "strict" })).rejects.toThrow(
    "gt-lost1.1 has no parent gt-lost1",
  );
  expect((await importOf(ledger, orphan, { orphans: "skip" })).orphansSkipped).toEqual(["gt-lost1.1"]);
  await importOf(ledger, orphan, { orphans: "resurrect" });
  expect(await ledger.get("gt-lost1")).toMatchObject({
    title: "(missing parent gt-lost1)",
    status: "closed",
    priority: 4,
  });
});

it("takes a bead out of the file when it becomes a wisp, and puts it back when it is promoted", async () => {
  const { ledger, create, clock, directory } = await scratchLedger();
  const path = join(directory, "issues.jsonl");
  const run = () => exportScope(ledger, { scope: "gastown", path, now: clock.now() });
  const bead = await create({ title: "A" });
  expect(await run()).toMatchObject({ exported: 1 });
  await ledger.write("x", [
    { op: "update", id: bead.id, fields: { ephemeral: true, status: "in_progress" } },
  ]);
  expect(await run()).toMatchObject({ exported: 0, removed: 1 });
  await ledger.write("x", [{ op: "promote", id: bead.id }]);
  expect(await run()).toMatchObject({ exported: 1, added: 1 });
});
