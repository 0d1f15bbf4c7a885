import fc from "fast-check";
import { expect, it } from "vitest";
import { exportLines } from "../../../src/core/ledger/jsonl/export-lines.ts";
import { importText } from "../../../src/core/ledger/jsonl/import-records.ts";
import type { Operation } from "../../../src/core/ledger/operation.ts";
import { openLedger } from "../../../src/core/ledger/open-ledger.ts";
import { findBlockedDrift } from "../../../src/core/ledger/store/blocked-state.ts";
import type { SqliteLedger } from "../../../src/core/ledger/store/sqlite-ledger.ts";
import { scratchDirectory, scratchLedger } from "./scratch-ledger.ts";

interface World {
  readonly status: ReadonlyMap<string, string>;
  readonly type: ReadonlyMap<string, string>;
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly type: string;
    readonly metadata: string;
  }[];
}

const settled = new Set(["closed", "pinned"]);

/** The definition of spec/01 §4.2, evaluated as it is written. */
function blockedByDefinition(world: World): ReadonlySet<string> {
  const active = (id: string) => world.status.has(id) && !settled.has(world.status.get(id) ?? "");
  const childrenOf = (id: string) =>
    world.edges.filter((edge) => edge.type === "parent-child" && edge.to === id).map((edge) => edge.from);
  const directly = (id: string): boolean =>
    world.edges.some((edge) => {
      if (edge.from !== id) return false;
      if (edge.type === "blocks" || edge.type === "conditional-blocks") return active(edge.to);
      if (edge.type !== "waits-for") return false;
      const children = childrenOf(edge.to);
      const isAny = edge.metadata.includes("any-children");
      const anyClosed = children.some((child) => world.status.get(child) === "closed");
      return children.some((child) => child !== id && active(child)) && !(isAny && anyClosed);
    });
  const blocked = new Set([...world.status.keys()].filter((id) => active(id) && directly(id)));
  for (let size = -1; size !== blocked.size; ) {
    size = blocked.size;
    for (const edge of world.edges)
      if (edge.type === "parent-child" && active(edge.from) && blocked.has(edge.to)) blocked.add(edge.from);
  }
  return blocked;
}

function worldOf(ledger: SqliteLedger): World {
  const beads = ledger.database.all<{ id: string; status: string; type: string }>(
    "SELECT id, status, issue_type AS type FROM issues",
  );
  return {
    status: new Map(beads.map(({ id, status }) => [id, status])),
    type: new Map(beads.map(({ id, type }) => [id, type])),
    edges: ledger.database.all(
      `SELECT issue_id AS "from", depends_on_id AS "to", type, metadata FROM dependencies`,
    ),
  };
}

/** An operation on beads numbered from 0; numbers beyond the last bead wrap around. */
type Step =
  | { readonly kind: "create"; readonly parent: number | null; readonly type: string }
  | {
      readonly kind: "depend";
      readonly a: number;
      readonly b: number;
      readonly type: string;
      readonly any: boolean;
    }
  | { readonly kind: "release"; readonly a: number; readonly b: number }
  | { readonly kind: "status"; readonly a: number; readonly status: string }
  | { readonly kind: "close"; readonly a: number; readonly reason: string }
  | { readonly kind: "reopen" | "delete"; readonly a: number }
  | { readonly kind: "move"; readonly a: number; readonly b: number | null };

const number = fc.nat({ max: 11 });
const edgeType = fc.constantFrom(
  "blocks",
  "conditional-blocks",
  "waits-for",
  "waits-for",
  "parent-child",
  "related",
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      parent: fc.option(number),
      type: fc.constantFrom("task", "epic", "molecule"),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("depend" as const),
      a: number,
      b: number,
      type: edgeType,
      any: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const), a: number, b: number }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("status" as const),
      a: number,
      status: fc.constantFrom("open", "in_progress", "hooked", "pinned", "closed", "blocked"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("close" as const),
      a: number,
      reason: fc.constantFrom("done", "failed: red"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("reopen" as const, "delete" as const), a: number }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("move" as const), a: number, b: fc.option(number) }),
  },
);

function operationOf(step: Step, ids: readonly string[]): Operation | undefined {
  const at = (n: number): string => ids[n % ids.length] ?? "";
  if (step.kind === "create") {
    const parent = step.parent === null || ids.length === 0 ? {} : { parent: at(step.parent) };
    return { op: "create", bead: { title: "work", type: step.type, ...parent } };
  }
  if (ids.length === 0) return undefined;
  switch (step.kind) {
    case "depend":
      return {
        op: "addDependency",
        edge: {
          from: at(step.a),
          to: at(step.b),
          type: step.type,
          metadata: step.any ? '{"gate":"any-children"}' : "",
        },
      };
    case "release":
      return { op: "removeDependency", from: at(step.a), to: at(step.b) };
    case "status":
      return { op: "update", id: at(step.a), fields: { status: step.status } };
    case "close":
      return { op: "close", id: at(step.a), close: { reason: step.reason, force: true } };
    case "reopen":
      return { op: "reopen", id: at(step.a), reason: "again" };
    case "delete":
      return { op: "delete", id: at(step.a), reason: "gone" };
    case "move":
      return { op: "setParent", id: at(step.a), parent: step.b === null ? null : at(step.b) };
  }
}

/** `npm run torture:ledger` tries fifty times as many. */
const runs = (usual: number): number => usual * Number(process.env["GT_RUNS"] ?? 1);
const timeout = 120_000 * runs(1);

it("keeps ready and blocked equal to their definition under any sequence of writes", {
  timeout,
}, async () => {
  const { ledger } = await scratchLedger();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), async (steps) => {
      for (const table of ["issues", "dependencies", "child_counters", "tombstones"])
        ledger.database.execute(`DELETE FROM ${table}`);
      for (const each of steps) {
        const ids = ledger.database.values<string>("SELECT id FROM issues ORDER BY rowid");
        const operation = operationOf(each, ids);
        if (operation === undefined) continue;
        const before = [...exportLines(ledger, { everything: true })].join("");
        try {
          await ledger.write("x", [operation]);
        } catch (error) {
          // Refusals are fine; they must leave no trace.
          expect(error).toHaveProperty("exitCode");
          expect([...exportLines(ledger, { everything: true })].join("")).toBe(before);
        }
      }
      const world = worldOf(ledger);
      const blocked = blockedByDefinition(world);
      expect((await ledger.blocked()).map(({ id }) => id).sort()).toEqual([...blocked].sort());
      const ready = [...world.status.keys()].filter(
        (id) => world.status.get(id) === "open" && !blocked.has(id) && world.type.get(id) !== "molecule",
      );
      expect((await ledger.ready({ limit: 0 })).map(({ id }) => id).sort()).toEqual(ready.sort());
      expect(findBlockedDrift(ledger.database, ledger.statuses())).toEqual([]);
      expect(canAllBeDone(world)).toBe(true);
    }),
    { numRuns: runs(40) },
  );
});

/** With the cycle rules, somebody who closes whatever can be closed ends with everything closed. */
function canAllBeDone(world: World): boolean {
  const status = new Map(world.status);
  for (;;) {
    const blocked = blockedByDefinition({ ...world, status });
    const open = [...status.keys()].filter((id) => !settled.has(status.get(id) ?? ""));
    if (open.length === 0) return true;
    const doable = open.filter(
      (id) =>
        !blocked.has(id) &&
        !world.edges.some(
          (edge) =>
            edge.type === "parent-child" && edge.to === id && !settled.has(status.get(edge.from) ?? "closed"),
        ),
    );
    if (doable.length === 0) return false;
    for (const id of doable) status.set(id, "closed");
  }
}

const text = fc.oneof(
  fc.string({ maxLength: 40, unit: "grapheme" }),
  fc.constantFrom(
    "<<<<<<<",
    "a\u0000b",
    "\u001b[31mred\u001b[0m",
    "\u202eevil",
    'quote " and \\',
    "line\nline\r\nline",
    "\ud83d\ude80",
  ),
);
const json = fc.jsonValue({ maxDepth: 2 });
const when = fc.integer({ min: 1_600_000_000_000, max: 1_800_000_000_000 });

interface GivenRecord {
  readonly "weird key"?: unknown;
  readonly labels?: readonly string[];
  readonly dependencies?: readonly { readonly x_weight?: number }[];
  readonly comments?: readonly {
    readonly id: string;
    readonly created_at: string;
    readonly mood?: unknown;
  }[];
}

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

it("gives back what it was given: import(export(x)) = x, unknown keys included", {
  timeout,
}, async () => {
  const directory = await scratchDirectory();
  const record = fc.record(
    {
      title: text.map((t) => t.replace(/[\u0000-\u001f\u007f]/g, " ").trim() || "t"),
      description: text,
      notes: text,
      priority: fc.integer({ min: 0, max: 4 }),
      status: fc.constantFrom("open", "in_progress", "closed", "deferred", "hooked"),
      issue_type: fc.constantFrom("task", "bug", "epic", "foreign-type"),
      created_at: when.map((ms) => new Date(ms).toISOString()),
      updated_at: when.map((ms) => new Date(ms).toISOString()),
      labels: fc.array(fc.constantFrom("a", "b", "zeta", "ü", "gt:x")),
      metadata: fc.dictionary(fc.constantFrom("a", "mr", "x"), json),
      estimated_minutes: fc.nat(1000),
      external_ref: fc.constantFrom("gh-9", "https://example.com/1"),
      pinned: fc.boolean(),
      x_vendor: json,
      "weird key": json,
      comments: fc.array(
        fc.record({
          id: fc.uuid(),
          author: fc.constant("ann"),
          text: text.filter((t) => t !== ""),
          created_at: when.map((ms) => new Date(ms).toISOString()),
          mood: json,
        }),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: ["title", "priority", "status", "created_at", "updated_at"] },
  );
  let run = 0;
  const options = { actor: "x", now: Date.parse("2026-01-06T09:00:00Z"), scope: "local" };
  const open = async () => {
    const ledger = await openLedger({ path: `${directory}/${run++}.db`, create: true, scope: "local" });
    await ledger.write("x", [{ op: "registerPrefix", prefix: "gt", scope: "local", path: "." }]);
    return ledger;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 8 }), async (records) => {
      const lines = records.map((fields, n) =>
        JSON.stringify({
          ...fields,
          id: `gt-aaaa${n}`,
          dependencies: n === 0 ? [] : [{ depends_on_id: `gt-aaaa${n - 1}`, type: "blocks", x_weight: n }],
        }),
      );
      const first = await open();
      await importText(first, lines.join("\n"), options);
      const exported = [...exportLines(first)].join("");
      // What nobody here knows is there as it came, in its place; labels and comments are in their order.
      for (const [n, line] of exported.trimEnd().split("\n").entries()) {
        const given = JSON.parse(lines[n] ?? "") as GivenRecord;
        const kept = JSON.parse(line) as GivenRecord;
        expect(kept["weird key"]).toEqual(given["weird key"]);
        expect(kept.dependencies?.map(({ x_weight }) => x_weight)).toEqual(n === 0 ? undefined : [n]);
        const byTime = (given.comments ?? []).toSorted((a, b) =>
          `${new Date(a.created_at).toISOString()}${a.id}` < `${new Date(b.created_at).toISOString()}${b.id}`
            ? -1
            : 1,
        );
        expect((kept.comments ?? []).map(({ id, mood }) => [id, mood])).toEqual(
          byTime.map(({ id, mood }) => [id, mood]),
        );
        expect(kept.labels ?? []).toEqual([...new Set(given.labels)].toSorted(compareBytes));
      }
      const second = await open();
      await importText(second, exported, options);
      expect([...exportLines(second)].join("")).toBe(exported);
      expect(await importText(second, exported, options)).toMatchObject({ created: 0, updated: 0 });
      for (const [n, fields] of records.entries()) {
        const bead = await second.get(`gt-aaaa${n}`);
        expect(bead).toMatchObject({ title: fields.title, priority: fields.priority, status: fields.status });
        expect(bead?.description).toBe(fields.description ?? "");
        if (fields.x_vendor !== undefined)
          expect(bead?.extra["x_vendor"]).toEqual(JSON.parse(JSON.stringify(fields.x_vendor)));
      }
      await first.close();
      await second.close();
    }),
    { numRuns: runs(25) },
  );
});
