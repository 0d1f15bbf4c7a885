import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { DoctorContext } from "../../../src/core/ledger/doctor/check.ts";
import { examineLedger, repairLedger } from "../../../src/core/ledger/doctor/doctor.ts";
import { exportLines } from "../../../src/core/ledger/jsonl/export-lines.ts";
import { townPace } from "../../../src/core/ledger/jsonl/export-pace.ts";
import { exportScope } from "../../../src/core/ledger/jsonl/export-scope.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { schemaVersion } from "../../../src/core/ledger/store/schema.ts";
import { createBackup, isInUse, listBackups, restoreBackup } from "../../../src/core/ledger/upkeep/backup.ts";
import { keepLedger } from "../../../src/core/ledger/upkeep/keep-ledger.ts";
import { reapWisps } from "../../../src/core/ledger/upkeep/reap-wisps.ts";
import { isConfirmed, spikesBetween } from "../../../src/core/ledger/upkeep/spike.ts";
import { recoverDatabase } from "../../../src/core/ledger/upkeep/recover-database.ts";
import { trimFeed } from "../../../src/core/ledger/upkeep/trim-feed.ts";
import { type ScratchLedger, scratchLedger } from "./scratch-ledger.ts";

const hour = 3600 * 1000;
const reaper = { actor: "daemon" };

it("scenario 23: keeps wisps out of work and export, and deletes closed ones when their time is over", async () => {
  const { ledger, clock, create, close, readyIds } = await scratchLedger();
  const ping = await create({ title: "p", ephemeral: true, wispType: "ping" });
  const error = await create({ title: "e", ephemeral: true, wispType: "error" });
  expect(await readyIds()).toEqual([]);
  expect((await ledger.ready({ includeEphemeral: true })).map(({ id }) => id)).toContain(ping.id);
  await close(ping.id);
  await ledger.write("x", [{ op: "comment", id: error.id, text: "worth keeping" }]);
  clock.advance(5 * hour);
  expect(await reapWisps(ledger, { ...reaper, dryRun: true })).toEqual({ deleted: [], promoted: [error.id] });
  expect((await ledger.get(error.id))?.ephemeral).toBe(true);
  clock.advance(2 * hour);
  expect(await reapWisps(ledger, reaper)).toEqual({ deleted: [ping.id], promoted: [error.id] });
  expect(await ledger.get(ping.id)).toBeUndefined();
  expect(await ledger.get(error.id)).toMatchObject({ ephemeral: false, labels: ["promoted"] });
  expect((await ledger.comments(error.id)).map(({ text }) => text)).toContain("Promoted: proven value");
  expect(ledger.database.value("SELECT count(*) FROM tombstones")).toBe(0);
});

it("deletes closed wisps at once when asked to, but none of an excluded type", async () => {
  const { ledger, create, close } = await scratchLedger();
  const open = await create({ title: "open", ephemeral: true });
  const closed = await create({ title: "closed", ephemeral: true });
  const bug = await create({ title: "bug", type: "bug", ephemeral: true });
  await close(closed.id);
  await close(bug.id);
  const choice = { ...reaper, closedOnly: true, excludeTypes: ["bug"] };
  expect(await reapWisps(ledger, choice)).toEqual({ deleted: [closed.id], promoted: [] });
  expect((await ledger.getMany([open.id, closed.id, bug.id])).size).toBe(2);
});

it("promotes what is stuck past its time with its steps, burns steps without a workflow, and spares the protected", async () => {
  const { ledger, clock, create, close } = await scratchLedger();
  const root = await create({ title: "root", type: "molecule", ephemeral: true });
  const step = await create({ title: "step", parent: root.id, ephemeral: true });
  const urgent = await create({ title: "urgent", ephemeral: true, priority: 0 });
  const orphanRoot = await create({ title: "gone", ephemeral: true });
  const orphan = await create({ title: "orphan", parent: orphanRoot.id, ephemeral: true });
  await ledger.write("x", [{ op: "close", id: orphanRoot.id, close: { reason: "done", force: true } }]);
  const over = await create({ title: "done", status: "closed" });
  const loose = await create({
    ...{ title: "its workflow", type: "molecule", ephemeral: true, status: "in_progress" },
    metadata: { mol: { formula: "f", base: over.id } },
  });
  const worker = await create({ title: "work" });
  const attached = await create({ title: "attached", type: "molecule", ephemeral: true });
  await ledger.write("x", [
    { op: "update", id: worker.id, fields: { metadata: { attachment: { molecule: attached.id } } } },
  ]);
  clock.advance(8 * 24 * hour);
  const report = await reapWisps(ledger, reaper);
  expect(new Set(report.deleted)).toEqual(new Set([orphanRoot.id, orphan.id, loose.id]));
  expect(report.promoted).toEqual([root.id]);
  expect((await ledger.get(step.id))?.ephemeral).toBe(false);
  for (const id of [urgent.id, attached.id]) expect((await ledger.get(id))?.ephemeral).toBe(true);
  await close(urgent.id);
});

it("lets settings and the rig's labels say how long wisps live", async () => {
  const { ledger, clock, create, close } = await scratchLedger();
  await create({ title: "rig", type: "rig", id: "gt-rig-gastown", labels: ["wisp_ttl_patrol:1h"] });
  await ledger.write("x", [{ op: "setConfig", key: "wisp_ttl.default", value: "2h" }]);
  const patrol = await create({ title: "a", ephemeral: true, wispType: "patrol" });
  const plain = await create({ title: "b", ephemeral: true });
  await close(patrol.id);
  await close(plain.id);
  clock.advance(1.5 * hour);
  expect((await reapWisps(ledger, reaper)).deleted).toEqual([patrol.id]);
  clock.advance(hour);
  expect((await reapWisps(ledger, reaper)).deleted).toEqual([plain.id]);
});

it("forgets the history of deleted beads after a week and tells readers that they missed it", async () => {
  const { ledger, clock, create } = await scratchLedger();
  const kept = await create({ title: "kept" });
  const gone = await create({ title: "gone" });
  await ledger.write("x", [{ op: "delete", id: gone.id, reason: "no" }]);
  clock.advance(8 * 24 * hour);
  expect(await trimFeed(ledger)).toBe(2);
  expect(await ledger.changes(0)).toMatchObject({ reset: true, changes: [{ beadId: kept.id }] });
  expect(await ledger.changes(await ledger.head())).toMatchObject({ reset: false });
});

it("keeps the newest seven backups and puts one back, the replaced file beside it", async () => {
  const { ledger, clock, create } = await scratchLedger();
  await create({ title: "before" });
  for (let n = 0; n < 9; n++) {
    clock.advance(1000);
    await createBackup(ledger);
  }
  const backups = await listBackups(ledger.path);
  expect(backups).toHaveLength(7);
  await create({ title: "after" });
  expect(isInUse(ledger.path)).toBe(true);
  await ledger.close();
  expect(isInUse(ledger.path)).toBe(false);
  const kept = await restoreBackup(ledger.path, backups[0]?.path ?? "", clock.now());
  const restored = await openLedger({ path: ledger.path });
  expect((await restored.find({})).map(({ title }) => title)).toEqual(["before"]);
  await restored.close();
  const replaced = await openLedger({ path: kept });
  expect(await replaced.count({})).toBe(2);
  await replaced.close();
});

async function damage(path: string): Promise<void> {
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(Buffer.alloc(4096, 0xff), 0, 4096, Math.floor(size / 2 / 4096) * 4096);
  await file.close();
}

it("builds a damaged ledger anew from backup, remains and files", async () => {
  const { ledger, clock, create, directory } = await scratchLedger();
  for (let n = 0; n < 60; n++) await create({ title: `Bead ${n}`, description: "x".repeat(500) });
  await createBackup(ledger);
  for (let n = 60; n < 100; n++) await create({ title: `Bead ${n}` });
  await ledger.write("x", [{ op: "putRow", table: "operations", key: "k", value: 1 }]);
  const path = join(directory, "issues.jsonl");
  await exportScope(ledger, { scope: "gastown", path, now: clock.now() });
  ledger.database.pragma("wal_checkpoint(TRUNCATE)");
  await ledger.close();
  await damage(ledger.path);
  const report = await recoverDatabase({
    path: ledger.path,
    clock,
    actor: "overseer",
    prefixes: [{ prefix: "gt", scope: "gastown", path: "gastown" }],
    files: [{ scope: "gastown", text: await readFile(path, "utf8") }],
  });
  expect(report).toMatchObject({ beads: 100 });
  expect(report.backup).toContain("backup/beads-");
  const recovered = await openLedger({ path: ledger.path, clock });
  expect(recovered.database.pragma("integrity_check")).toBe("ok");
  expect(await recovered.count({})).toBe(100);
  await exportScope(recovered, { scope: "gastown", path: `${path}.2`, now: clock.now() });
  expect(await readFile(`${path}.2`, "utf8")).toBe(await readFile(path, "utf8"));
  await recovered.close();
});

it("builds a ledger from the files alone when nothing else is left", async () => {
  const { ledger, clock, create, directory } = await scratchLedger();
  const bead = await create({ title: "A" });
  const path = join(directory, "issues.jsonl");
  await exportScope(ledger, { scope: "gastown", path, now: clock.now() });
  await ledger.close();
  await writeFile(ledger.path, "rubbish");
  const report = await recoverDatabase({
    path: ledger.path,
    clock,
    actor: "overseer",
    prefixes: [],
    files: [{ scope: "gastown", text: await readFile(path, "utf8") }],
    fromFilesOnly: true,
  });
  expect(report).toMatchObject({ beads: 1, salvaged: 0, fromFiles: 1 });
  const recovered = await openLedger({ path: ledger.path });
  expect((await recovered.get(bead.id))?.title).toBe("A");
  await recovered.close();
});

function doctorOf({ ledger, directory }: ScratchLedger): DoctorContext {
  return {
    ledger,
    beadsDir: directory,
    scopes: [{ scope: "gastown", path: join(directory, "issues.jsonl") }],
    actor: "overseer",
    isDeep: true,
  };
}

it("finds nothing wrong with a healthy ledger", async () => {
  const scratch = await scratchLedger();
  const a = await scratch.create({});
  await scratch.depend(a.id, (await scratch.create({})).id);
  await createBackup(scratch.ledger);
  const report = await examineLedger(doctorOf(scratch));
  expect(report.checks.filter(({ status }) => status !== "ok")).toEqual([]);
  expect(report.isHealthy).toBe(true);
});

it("finds drift, cycles, wrong hooks and foreign edits, and repairs what is safe to repair", async () => {
  const scratch = await scratchLedger();
  const { ledger, create, depend, clock, directory } = scratch;
  const [a, b] = [await create({ title: "A" }), await create({ title: "B" })];
  await depend(a.id, b.id);
  await createBackup(ledger);
  await exportScope(ledger, { scope: "gastown", path: join(directory, "issues.jsonl"), now: clock.now() });
  await ledger.write("x", [
    {
      op: "ensureAgent",
      agent: { id: "gt-gastown-polecat-nux", address: "gastown/polecats/nux", role: "polecat" },
    },
  ]);
  ledger.database.run("UPDATE issues SET is_blocked = 0");
  ledger.database.run("UPDATE agents SET hook_bead = 'gt-gone0'");
  const text = await readFile(join(directory, "issues.jsonl"), "utf8");
  await writeFile(join(directory, "issues.jsonl"), text.replace('"title":"B"', '"title":"edited"'));
  const context = doctorOf(scratch);
  const names = (await examineLedger(context)).checks.flatMap(({ name, status }) =>
    status === "ok" ? [] : [name],
  );
  expect(names).toEqual(["blocked-state", "agents", "export-freshness"]);
  expect((await examineLedger(context)).isHealthy).toBe(false);
  expect(await repairLedger(context)).toEqual(names);
  expect((await ledger.get(b.id))?.title).toBe("edited");
  expect((await ledger.ready()).map(({ id }) => id)).toEqual([b.id]);

  ledger.database.run(
    "INSERT INTO dependencies (issue_id, depends_on_id, type, created_at) VALUES (?, ?, 'blocks', 0)",
    b.id,
    a.id,
  );
  const cycles = (await examineLedger(context, { only: "cycles" })).checks[0];
  expect(cycles).toMatchObject({ status: "error", detail: [[a.id, b.id].sort().join(", ")] });
});

it("reads a ledger of a newer program and refuses to write to it", async () => {
  const { ledger, create } = await scratchLedger();
  const bead = await create({});
  ledger.database.pragma(`user_version = ${schemaVersion + 1}`);
  const old = await openLedger({ path: ledger.path });
  expect((await old.get(bead.id))?.id).toBe(bead.id);
  await expect(old.write("x", [{ op: "claim", id: bead.id }])).rejects.toThrow(
    `database schema v${schemaVersion + 1} is newer than this bd (v${schemaVersion}); upgrade gastown`,
  );
  await old.close();
  const bold = await openLedger({ path: ledger.path, ignoreSchemaSkew: true });
  await bold.write("x", [{ op: "claim", id: bead.id }]);
  await bold.close();
});

it("does what is due and nothing else", async () => {
  const { ledger, clock, create, close, directory } = await scratchLedger();
  const path = join(directory, "issues.jsonl");
  const options = { actor: "daemon", scopes: [{ scope: "gastown", path }], pace: townPace };
  expect(await keepLedger(ledger, options)).toMatchObject({ exported: [], hasBackup: true, problems: [] });
  const bead = await create({ title: "A" });
  const ping = await create({ title: "p", ephemeral: true, wispType: "ping" });
  await close(ping.id);
  expect(await keepLedger(ledger, options)).toMatchObject({ exported: [], hasBackup: false });
  clock.advance(31_000);
  expect(await keepLedger(ledger, options)).toMatchObject({ exported: ["gastown"] });
  expect(await readFile(path, "utf8")).toContain(bead.id);
  const head = await ledger.head();
  expect(await keepLedger(ledger, options)).toMatchObject({ exported: [], reaped: 0 });
  expect(await ledger.head()).toBe(head);
  clock.advance(7 * hour);
  expect(await keepLedger(ledger, options)).toMatchObject({ reaped: 1, hasBackup: false });
  await create({ title: "B" });
  expect(await keepLedger(ledger, { ...options, isEnding: true })).toMatchObject({ exported: ["gastown"] });
});

it("takes a file that grows or shrinks by more than half and twenty lines for a mistake, until it is seen again", () => {
  const spikes = (before: number, after: number) => spikesBetween({ f: before }, { f: after }).length;
  expect([spikes(100, 50), spikes(100, 49), spikes(100, 150), spikes(100, 151)]).toEqual([0, 1, 0, 1]);
  expect([spikes(20, 0), spikes(21, 0), spikes(3, 23), spikes(3, 24)]).toEqual([0, 1, 0, 1]);
  expect(spikesBetween({}, { f: 5000 }), "a new file").toEqual([]);
  const gone = spikesBetween({ f: 100 }, {});
  expect(gone).toEqual([{ file: "f", before: 100, after: 0 }]);
  expect([isConfirmed(gone, undefined), isConfirmed(gone, { f: 0 }), isConfirmed(gone, { f: 60 })]).toEqual([
    false,
    true,
    false,
  ]);
});

it("exports the beads of rigs that an older program kept back", async () => {
  const scratch = await scratchLedger();
  const rig = { title: "gastown", type: "rig", id: "gt-rig-gastown", noHistory: true };
  await scratch.ledger.write("x", [{ op: "create", bead: rig }]);
  const only = { only: "rig-beads" };
  const { checks } = await examineLedger(doctorOf(scratch), only);
  expect(checks).toMatchObject([{ status: "warning", detail: ["gt-rig-gastown"], fixable: true }]);
  expect(await repairLedger(doctorOf(scratch), only)).toEqual(["rig-beads"]);
  expect([...exportLines(scratch.ledger)]).toHaveLength(1);
});
