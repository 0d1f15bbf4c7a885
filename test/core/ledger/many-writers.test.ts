import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { examineLedger } from "../../../src/core/ledger/doctor/doctor.ts";
import { exportLines } from "../../../src/core/ledger/jsonl/export-lines.ts";
import { findBlockedDrift } from "../../../src/core/ledger/store/blocked-state.ts";
import type { SqliteLedger } from "../../../src/core/ledger/store/sqlite-ledger.ts";
import { watchLedger } from "../../../src/core/ledger/watch-ledger.ts";
import { waitFor } from "../../support/wait-for.ts";
import { scratchLedger } from "./scratch-ledger.ts";

interface Writer {
  readonly child: ChildProcess;
  /** Ids that the writer was told are stored. */
  readonly acknowledged: string[];
  readonly ended: Promise<number | null>;
}

function startWriter(ledger: SqliteLedger, actor: string, ...task: readonly string[]): Writer {
  const script = join(import.meta.dirname, "writer-process.ts");
  const child = spawn(
    process.execPath,
    ["--experimental-strip-types", "--no-warnings", script, ledger.path, actor, ...task],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const acknowledged: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    acknowledged.push(...lines);
  });
  return { child, acknowledged, ended: new Promise((resolve) => child.on("close", resolve)) };
}

it("scenario 8: lets fifty processes write at once without an error or a lost bead", {
  timeout: 120_000,
}, async () => {
  const { ledger, directory } = await scratchLedger();
  const writers = Array.from({ length: 50 }, (_, n) => startWriter(ledger, `p${n}`, "create", "20"));
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => 0));
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  expect(new Set(acknowledged).size).toBe(1000);
  expect(await ledger.count({})).toBe(1000);
  const { changes } = await ledger.changes(0, { limit: 0 });
  expect(changes.map(({ seq }) => seq)).toEqual([...changes.keys()].map((n) => n + 1));
  expect(changes.filter(({ type }) => type === "created")).toHaveLength(1000);
  const scopes = [{ scope: "gastown", path: join(directory, "issues.jsonl") }];
  const health = await examineLedger({ ledger, beadsDir: directory, scopes, actor: "x", isDeep: true });
  expect(health.checks.filter(({ status }) => status === "error")).toEqual([]);
});

it("scenario 8: gives fifty claiming processes fifty different beads", { timeout: 120_000 }, async () => {
  const { ledger } = await scratchLedger();
  await ledger.write(
    "x",
    Array.from({ length: 50 }, (_, n) => ({ op: "create", bead: { title: `Work ${n}` } }) as const),
  );
  const writers = Array.from({ length: 50 }, (_, n) => startWriter(ledger, `p${n}`, "claim"));
  expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual(writers.map(() => 0));
  const claimed = writers.flatMap((writer) => writer.acknowledged);
  expect(new Set(claimed).size).toBe(50);
  const beads = await ledger.find({ status: "in_progress" });
  expect(new Set(beads.map(({ assignee }) => assignee)).size).toBe(50);
  const { changes } = await ledger.changes(0, { limit: 0, types: ["claimed"] });
  expect(changes.map(({ beadId }) => beadId).toSorted()).toEqual(claimed.toSorted());
});

it("keeps every acknowledged write of writers that are killed at any moment", {
  timeout: 120_000,
}, async () => {
  const { ledger } = await scratchLedger();
  const size = 5;
  const acknowledged = new Set<string>();
  let delay = 120;
  for (let round = 0; round < 7 || (acknowledged.size < 1000 && round < 40); round++) {
    const writers = Array.from({ length: 3 }, (_, n) =>
      startWriter(ledger, `r${round}-${n}`, "create", "1000", String(size)),
    );
    for (const writer of writers) {
      await new Promise((resolve) => writer.child.stdout?.once("data", resolve));
      // Not a wait for something: the moment of the kill is what varies.
      delay = (delay * 7919) % 97;
      await new Promise((resolve) => setTimeout(resolve, delay));
      writer.child.kill("SIGKILL");
    }
    await Promise.all(writers.map(({ ended }) => ended));
    for (const id of writers.flatMap((writer) => writer.acknowledged)) acknowledged.add(id);
  }
  expect(acknowledged.size).toBeGreaterThanOrEqual(1000);
  const stored = await ledger.getMany([...acknowledged]);
  expect(stored.size).toBe(acknowledged.size);
  expect((await ledger.count({})) % size).toBe(0);
  expect(ledger.database.pragma("integrity_check")).toBe("ok");
  expect(findBlockedDrift(ledger.database, ledger.statuses())).toEqual([]);
  const exported = [...exportLines(ledger, { everything: true })].map((line) => {
    const { id, title, status, created_by, labels } = JSON.parse(line);
    return { id, title, status, created_by, labels: labels.join() };
  });
  expect(exported).toEqual(
    ledger.database.all(
      `SELECT id, title, status, created_by, (SELECT group_concat(label) FROM labels WHERE issue_id = id) AS labels
       FROM issues ORDER BY id`,
    ),
  );
});

it("scenario 25: shows a follower whole batches in their order and nothing of a writer killed inside a transaction", {
  timeout: 60_000,
}, async () => {
  const { ledger } = await scratchLedger();
  const started = await ledger.head();
  let seen = started;
  let followed: string[] = [];
  let look = Promise.resolve();
  const watcher = watchLedger(ledger, () => {
    look = look.then(async () => {
      const page = await ledger.changes(seen, { limit: 0, types: ["created"] });
      seen = page.to;
      followed = [...followed, ...page.changes.map(({ beadId }) => beadId)];
      // A batch of the writers below has fifty beads.
      expect(followed.length % 50).toBe(0);
    });
  });
  onTestFinished(() => watcher.close());
  const acknowledged: string[] = [];
  const delays: number[] = [];
  for (let round = 0; round < 4; round++) {
    const killed = startWriter(ledger, `killed${round}`, "hang", "1", "50");
    await new Promise((resolve) => killed.child.stdout?.once("data", resolve));
    killed.child.kill("SIGKILL");
    await killed.ended;
    const writer = startWriter(ledger, `w${round}`, "create", "2", "50");
    expect(await writer.ended).toBe(0);
    acknowledged.push(...writer.acknowledged);
    const told = performance.now();
    await waitFor(() => followed.length === acknowledged.length, { what: "the follower" });
    delays.push(performance.now() - told);
  }
  await look;
  // The quickest, because a loaded machine delays one or the other.
  expect(Math.min(...delays)).toBeLessThan(500);
  expect(followed).toEqual(acknowledged);
  expect(await ledger.count({})).toBe(acknowledged.length);
  const { changes } = await ledger.changes(started, { limit: 0 });
  expect(changes.map(({ seq }) => seq)).toEqual([...changes.keys()].map((n) => started + n + 1));
  expect(changes.some(({ actor }) => actor.startsWith("killed"))).toBe(false);
});
