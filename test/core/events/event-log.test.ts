import { appendFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { TownEvent } from "../../../src/core/events/event.ts";
import { appendEvents, recordEvents } from "../../../src/core/events/event-log.ts";
import { followEvents } from "../../../src/core/events/follow-events.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { rotateEvents } from "../../../src/core/events/rotate-events.ts";
import { runScript } from "../../support/run-script.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { waitFor } from "../../support/wait-for.ts";

const event = (changes: Partial<TownEvent> = {}): TownEvent => ({
  ts: "2026-04-30T09:02:38.412Z",
  source: "gt",
  type: "sling",
  actor: "mayor/",
  payload: { bead: "ac-a1b2c", target: "acme/polecats/nux" },
  visibility: "feed",
  ...changes,
});
const numbers = (events: readonly TownEvent[]) => events.map((found) => found.payload["n"]);
const numbered = (n: number) => event({ payload: { n }, ts: new Date(1_777_000_000_000 + n).toISOString() });

test("an event is one line with its keys in order, readable by its owner alone", () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  appendEvents(file, [event({ id: "L4711.0" })]);
  expect(readFileSync(file, "utf8")).toBe(
    '{"ts":"2026-04-30T09:02:38.412Z","source":"gt","type":"sling","actor":"mayor","payload":{"bead":"ac-a1b2c","target":"acme/polecats/nux"},"visibility":"feed","id":"L4711.0"}\n',
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a torn last line does not swallow the next event", () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  writeFileSync(file, `${JSON.stringify(event())}\n{"ts":"2026`);
  appendEvents(file, [event({ type: "done" })]);
  expect(readEvents(file).map((found) => found.type)).toEqual(["sling", "done"]);
});

test("long values are cut, and a monster keeps what identifies it", () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  const huge = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, "é".repeat(4000)]));
  appendEvents(file, [
    event({ payload: { bead: "ac-1", title: "é".repeat(5000) } }),
    event({ payload: { bead: "ac-2", ...huge } }),
  ]);
  const [long, monster] = readEvents(file);
  expect(Buffer.byteLength(String(long?.payload["title"]))).toBeLessThanOrEqual(4096);
  expect(long?.payload["title"]).toMatch(/é…$/);
  expect(monster?.payload).toEqual({ bead: "ac-2", truncated: true });
});

test("a missing log is empty, and recording into nowhere is silent", () => {
  const directory = temporaryDirectory();
  expect(readEvents(join(directory, "none.jsonl"))).toEqual([]);
  writeFileSync(join(directory, "file"), "");
  recordEvents(join(directory, "file", "log.jsonl"), [event()]);
});

test("reading backwards gives what reading forwards would, for any lines", () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(), fc.string({ maxLength: 60 })), { maxLength: 60 }),
      fc.boolean(),
      (lines, isTorn) => {
        const expected: number[] = [];
        const text = lines.map((line, index) => {
          if (typeof line === "string") return `x${line.replaceAll("\n", " ")}\n`;
          expected.push(index);
          return `${JSON.stringify(event({ payload: { n: index, pad: "é".repeat(line % 3000) } }))}\n`;
        });
        writeFileSync(file, text.join("") + (isTorn ? JSON.stringify(event()) : ""));
        expect(numbers(readEvents(file))).toEqual(expected);
        expect(numbers(readEvents(file, { limit: 3 }))).toEqual(expected.slice(-3));
      },
    ),
    { numRuns: 60 },
  );
});

test("a repeated id is one fact", () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  appendEvents(file, [event({ id: "L1.0" }), event({ id: "L2.0", type: "done" }), event({ id: "L1.0" })]);
  expect(readEvents(file)).toHaveLength(2);
});

test("filters know types, categories, rigs, actors and times", () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  const context = { rigs: [{ name: "acme", prefix: "ac" }] };
  appendEvents(file, [
    event(),
    event({ type: "merged", actor: "acme/refinery", payload: { mr: "hq-1" } }),
    event({ type: "mol.burn", payload: { rig: "web" }, visibility: "audit", ts: "2026-04-30T10:00:00Z" }),
  ]);
  const types = (filter: Parameters<typeof readEvents>[1]) =>
    readEvents(file, filter).map((found) => found.type);
  expect(types({ filter: { types: ["merge"] } })).toEqual(["merged"]);
  expect(types({ filter: { types: ["mol_burn"] } })).toEqual(["mol_burn"]);
  expect(types({ filter: { types: ["mol.burn", "sling"] } })).toEqual(["sling", "mol_burn"]);
  expect(types({ filter: { rig: "acme" }, context })).toEqual(["sling", "merged"]);
  expect(types({ filter: { actor: "mayor/" } })).toEqual(["sling", "mol_burn"]);
  expect(types({ filter: { visibility: "feed" } })).toEqual(["sling", "merged"]);
  expect(types({ filter: { since: Date.parse("2026-04-30T09:30:00Z") } })).toEqual(["mol_burn"]);
});

test("history goes on in the archives after a rotation", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, ".events.jsonl");
  const rotate = (now: number) =>
    rotateEvents(file, { locksDir: join(directory, "locks"), maxBytes: 0, now });
  expect(await rotate(1)).toBeUndefined();
  appendEvents(file, [numbered(1), numbered(2)]);
  expect(await rotate(Date.parse("2026-04-30T09:02:38.412Z"))).toBe(
    join(directory, "logs/events/20260430T090238412Z.jsonl"),
  );
  appendEvents(file, [numbered(3)]);
  await rotate(Date.parse("2026-04-30T09:02:38.412Z"));
  appendEvents(file, [numbered(4)]);
  expect(numbers(readEvents(file))).toEqual([1, 2, 3, 4]);
  expect(numbers(readEvents(file, { limit: 2 }))).toEqual([3, 4]);
});

test("following starts with the past and then shows each new event once, also from a file that appears later", async () => {
  const file = join(temporaryDirectory(), ".events.jsonl");
  const seen: unknown[] = [];
  const early = await followEvents(file, {}, (events) => seen.push(...numbers(events)));
  appendEvents(file, [numbered(1)]);
  await waitFor(() => seen.length === 1);
  await early.close();
  const later: unknown[][] = [];
  const follower = await followEvents(file, { past: 10 }, (events) => later.push(numbers(events)));
  expect(later).toEqual([[1]]);
  appendFileSync(file, JSON.stringify(numbered(2)));
  appendFileSync(file, "\n");
  await waitFor(() => later.length === 2);
  expect(later[1]).toEqual([2]);
  await follower.close();
});

test("many writers, rotations and a follower: no line is lost, joined or split", async () => {
  const directory = temporaryDirectory();
  const file = join(directory, ".events.jsonl");
  const seen = new Set<unknown>();
  let twice = 0;
  const follower = await followEvents(file, {}, (events) => {
    for (const n of numbers(events)) {
      if (seen.has(n)) twice++;
      seen.add(n);
    }
  });
  const rotated = join(directory, "rotated");
  const writers = [0, 1, 2, 3].map((writer) =>
    runScript(`
      import { existsSync } from "node:fs";
      import { appendEvents } from "src/core/events/event-log.ts";
      const standStill = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      for (let n = 0; n < 500; n++) {
        // Half of them come after a rotation, however busy the machine is.
        while (n === 250 && !existsSync(${JSON.stringify(rotated)})) standStill();
        appendEvents(${JSON.stringify(file)}, [{ ts: new Date().toISOString(), source: "gt",
        type: "create", actor: "w", visibility: "feed", payload: { n: ${writer} * 500 + n, pad: "x".repeat(n * 4) } }]);
      }
    `),
  );
  let isDone = false;
  const ended = Promise.all(writers.map((writer) => writer.ended)).finally(() => {
    isDone = true;
  });
  let rotations = 0;
  while (!isDone) {
    if (
      await rotateEvents(file, { locksDir: join(directory, "locks"), maxBytes: 150_000, now: Date.now() })
    ) {
      rotations++;
      writeFileSync(rotated, "");
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(await ended).toEqual([0, 0, 0, 0]);
  expect(rotations).toBeGreaterThan(0);
  expect(new Set(numbers(readEvents(file))).size).toBe(2000);
  await waitFor(() => seen.size === 2000, { what: "the follower to see all", timeoutMs: 20_000 });
  expect(twice).toBe(0);
  await follower.close();
});
