import fc from "fast-check";
import { expect, it } from "vitest";
import type { BeadRecord } from "../../../src/core/ledger/jsonl/bead-record.ts";
import { canonical } from "../../../src/core/ledger/jsonl/parse-line.ts";
import { emptySet, formatSet, type RecordSet } from "../../../src/core/ledger/jsonl/record-set.ts";
import { mergeBead } from "../../../src/core/ledger/merge/merge-bead.ts";
import { mergeLines } from "../../../src/core/ledger/merge/merge-lines.ts";
import { mergeRecords } from "../../../src/core/ledger/merge/merge-records.ts";

function record(id: string, more: Partial<BeadRecord> & Record<string, unknown> = {}): BeadRecord {
  return canonical({
    id,
    title: "T",
    status: "open",
    priority: 2,
    issue_type: "task",
    created_at: "2026-01-05T10:00:00Z",
    created_by: "ann",
    updated_at: "2026-01-05T10:00:00Z",
    ...more,
  });
}

function setOf(...records: readonly BeadRecord[]): RecordSet {
  return { ...emptySet, beads: new Map(records.map((each) => [each.id, each])) };
}

const isSettled = (status: string) => status === "closed" || status === "pinned";
const later = "2026-01-06T10:00:00Z";
const latest = "2026-01-06T11:00:00Z";

it("merges texts by line and gives up where both changed the same line", () => {
  expect(mergeLines("a\nb\nc", "A\nb\nc", "a\nb\nC")).toBe("A\nb\nC");
  expect(mergeLines("a\nb\nc", "a\nc", "a\nb\nc\nd")).toBe("a\nc\nd");
  expect(mergeLines("a\nb\nc", "a\nX\nc", "a\nX\nc")).toBe("a\nX\nc");
  expect(mergeLines("a\nb\nc", "a\nX\nc", "a\nY\nc")).toBeUndefined();
  expect(mergeLines("a", "a\nx", "a\ny")).toBeUndefined();
});

it("takes the status that went further, whoever wrote last", () => {
  const base = record("gt-a");
  const closed = record("gt-a", {
    status: "closed",
    closed_at: later,
    close_reason: "done",
    updated_at: later,
  });
  const begun = record("gt-a", {
    status: "in_progress",
    started_at: latest,
    updated_at: latest,
    assignee: "bob",
  });
  const { record: merged } = mergeBead(base, closed, begun);
  expect(merged).toMatchObject({ status: "closed", close_reason: "done", closed_at: later, assignee: "bob" });
  expect(Date.parse(merged.updated_at)).toBe(Date.parse(latest) + 1);
});

it("appends both additions to notes and keeps removed labels removed", () => {
  const base = record("gt-a", { notes: "start", labels: ["x", "y"] });
  const ours = record("gt-a", { notes: "start\nours", labels: ["x", "y", "z"], updated_at: later });
  const theirs = record("gt-a", { notes: "start\ntheirs", labels: ["y"], updated_at: latest });
  expect(mergeBead(base, ours, theirs).record).toMatchObject({
    notes: "start\nours\ntheirs",
    labels: ["y", "z"],
  });
});

it("merges metadata key by key", () => {
  const base = record("gt-a", { metadata: { mr: { branch: "b", phase: "queued" }, old: 1 } });
  const ours = record("gt-a", { metadata: { mr: { branch: "b", phase: "merged" } }, updated_at: later });
  const theirs = record("gt-a", {
    metadata: { mr: { branch: "c", phase: "queued" }, old: 1, n: 2 },
    updated_at: latest,
  });
  expect(mergeBead(base, ours, theirs).record["metadata"]).toEqual({
    mr: { branch: "c", phase: "merged" },
    n: 2,
  });
});

it("turns the youngest edge of a cycle that two sides made together into a relation", () => {
  const edge = (from: string, to: string, at: string) => ({
    issue_id: from,
    depends_on_id: to,
    type: "blocks",
    created_at: at,
  });
  const base = setOf(record("gt-a"), record("gt-b"));
  const ours = setOf(
    record("gt-a", { dependencies: [edge("gt-a", "gt-b", later)], updated_at: later }),
    record("gt-b"),
  );
  const theirs = setOf(
    record("gt-a"),
    record("gt-b", { dependencies: [edge("gt-b", "gt-a", latest)], updated_at: latest }),
  );
  const { set } = mergeRecords({ base, ours, theirs }, { isSettled });
  expect(set.beads.get("gt-a")?.dependencies).toMatchObject([{ depends_on_id: "gt-b", type: "blocks" }]);
  expect(set.beads.get("gt-b")?.dependencies).toMatchObject([
    { depends_on_id: "gt-a", type: "related", metadata: '{"was":"blocks","reason":"merge-cycle"}' },
  ]);
});

const ids = ["gt-a", "gt-b", "gt-c", "gt-d"];
const time = fc.integer({ min: 0, max: 5 }).map((n) => `2026-01-06T10:00:0${n}Z`);
const change = fc.record(
  {
    title: fc.constantFrom("one", "two", "three"),
    description: fc.constantFrom("a\nb\nc", "a\nB\nc", "a\nb\nC", "x"),
    notes: fc.constantFrom("n", "n\nm", "n\no"),
    status: fc.constantFrom("open", "in_progress", "closed", "deferred", "hooked", "custom"),
    defer_until: time,
    close_reason: fc.constantFrom("done", "failed"),
    priority: fc.integer({ min: 0, max: 4 }),
    labels: fc.uniqueArray(fc.constantFrom("a", "b", "c")).map((labels) => labels.sort()),
    metadata: fc.dictionary(
      fc.constantFrom("k", "l"),
      fc.oneof(fc.integer(), fc.dictionary(fc.constantFrom("m", "n"), fc.integer())),
    ),
    x_unknown: fc.integer(),
    updated_at: time,
    dependencies: fc.uniqueArray(
      fc.tuple(fc.constantFrom(...ids), fc.constantFrom("blocks", "related", "parent-child"), time),
      { maxLength: 2, selector: ([to]) => to },
    ),
  },
  { requiredKeys: ["updated_at"] },
);

const side = fc.array(fc.option(change), { minLength: ids.length, maxLength: ids.length });
const created = fc.array(fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), {
  minLength: ids.length,
  maxLength: ids.length,
});

function build(
  changes: readonly (Record<string, unknown> | null)[],
  createdAt: readonly string[],
): RecordSet {
  return setOf(
    ...changes.flatMap((fields, n) => {
      const id = ids[n] ?? "";
      if (fields === null) return [];
      const edges = (fields["dependencies"] ?? []) as readonly [string, string, string][];
      const dependencies = edges
        .filter(([to]) => to !== id)
        .map(([to, type, at]) => ({ issue_id: id, depends_on_id: to, type, created_at: at }))
        .sort((a, b) => (a.depends_on_id < b.depends_on_id ? -1 : 1));
      return [record(id, { ...fields, created_at: createdAt[n] ?? "", dependencies })];
    }),
  );
}

/** `npm run torture:ledger` tries fifty times as many. */
const runs = (usual: number): number => usual * Number(process.env["GT_RUNS"] ?? 1);

it("gives both clones the same bytes whichever side is theirs, and loses no bead", {
  timeout: 120_000 * runs(1),
}, () => {
  fc.assert(
    fc.property(fc.option(side), side, side, created, created, (base, ours, theirs, times, otherTimes) => {
      const baseSet = base === null ? undefined : build(base, times);
      // Without an ancestor the two may be different beads of one id.
      const a = build(ours, times);
      const b = build(theirs, base === null ? otherTimes : times);
      const forward = mergeRecords({ base: baseSet, ours: a, theirs: b }, { isSettled });
      const backward = mergeRecords({ base: baseSet, ours: b, theirs: a }, { isSettled });
      expect(formatSet(backward.set)).toBe(formatSet(forward.set));
      for (const id of new Set([...a.beads.keys(), ...b.beads.keys()])) {
        const isOnBoth = a.beads.has(id) && b.beads.has(id);
        if (isOnBoth || baseSet === undefined || !baseSet.beads.has(id))
          expect(forward.set.beads.has(id)).toBe(true);
      }
      // Merging the result with one of its sources again changes nothing, unless the source has another bead there.
      if (forward.renames.length > 0) return;
      const again = mergeRecords({ base: a, ours: forward.set, theirs: a }, { isSettled });
      expect(formatSet(again.set)).toBe(formatSet(forward.set));
    }),
    { numRuns: runs(300) },
  );
});
