import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Curation, defaultWindows } from "../../../src/core/events/curate-events.ts";
import type { TownEvent } from "../../../src/core/events/event.ts";
import {
  appendFeed,
  type FeedRecord,
  feedRecords,
  lastFeedTime,
} from "../../../src/core/events/feed-file.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "gt-feed-"));
  file = join(directory, ".feed.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (second: number) => new Date(Date.UTC(2026, 3, 30, 9, 0, second)).toISOString();

function eventAt(second: number, fields: Partial<TownEvent>): TownEvent {
  return {
    ...{ ts: at(second), source: "gt", type: "sling", actor: "mayor/", visibility: "feed" },
    payload: { bead: `ac-${second}`, target: `acme/polecats/p${second}` },
    ...fields,
  };
}

const records = (events: readonly TownEvent[]) => feedRecords(new Curation(defaultWindows, 100), events);

test("each event of the feed is a line, from the third sling on with the running count", () => {
  const found = records([0, 1, 2, 3].map((second) => eventAt(second, {})));
  expect(found.map(({ count }) => count)).toEqual([undefined, undefined, 3, 4]);
  expect(found[0]).toEqual({
    ...{ ts: at(0), source: "gt", type: "sling", actor: "mayor/", summary: "slung ac-0 → p0" },
    payload: { bead: "ac-0", target: "acme/polecats/p0" },
  });
  expect(found.at(-1)).toMatchObject({ summary: "dispatching work to 4 agents", ts: at(3) });
});

test("what is for the audit, and what says the same again, adds no line", () => {
  const done = { type: "done", actor: "acme/polecats/nux", payload: { bead: "ac-1" } };
  expect(
    records([eventAt(0, { visibility: "audit" }), eventAt(1, done), eventAt(2, done), eventAt(30, done)]).map(
      ({ ts }) => ts,
    ),
  ).toEqual([at(1), at(30)]);
});

test("a file that is full keeps its newest half, in whole lines", () => {
  const record = (index: number): FeedRecord => ({
    ...{ ts: at(index % 60), source: "gt", type: "x", actor: "mayor/", summary: `number ${index}` },
  });
  expect(lastFeedTime(file)).toBeUndefined();
  for (let index = 0; index < 300; index++) appendFeed(file, [record(index)], 10_000);
  expect(statSync(file).size).toBeLessThanOrEqual(10_000);
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  const numbers = lines.map((line) => Number((JSON.parse(line) as FeedRecord).summary.split(" ")[1]));
  expect(numbers.at(-1)).toBe(299);
  expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  expect(lastFeedTime(file)).toBe(at(299 % 60));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
