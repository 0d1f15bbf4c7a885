import { expect, test } from "vitest";
import { convoyFields } from "../../../src/core/convoys/convoy.ts";
import type { ConvoySnapshot } from "../../../src/core/convoys/convoy-snapshot.ts";
import { type FeedContext, planFeed } from "../../../src/core/convoys/feed.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { beadOf } from "../../support/bead-of.ts";

const context: FeedContext = {
  now: 100_000,
  rigs: new Set(["web"]),
  openRigs: new Set(["web"]),
  feedMax: 5,
  graceMs: 60_000,
};

function convoy(id: string, beads: readonly Bead[], fields: Partial<Bead> = {}): ConvoySnapshot {
  const bead = beadOf({ id, type: "convoy", ...fields });
  return {
    convoy: bead,
    fields: convoyFields(bead),
    tracked: beads.map((member) => ({ bead: member, blockers: [], holder: undefined })),
  };
}

const ids = (snapshots: readonly ConvoySnapshot[], changes: Partial<FeedContext> = {}) =>
  planFeed(snapshots, { ...context, ...changes }).map((step) => step.bead);

test("all ready beads are fed at once, the urgent ones first, up to the limit per convoy", () => {
  const beads = ["e", "d", "c", "b", "a"].map((letter, index) =>
    beadOf({ id: `web-${letter}`, priority: index === 0 ? 0 : 2 }),
  );
  expect(ids([convoy("hq-cv-1", beads)])).toEqual(["web-e", "web-a", "web-b", "web-c", "web-d"]);
  expect(ids([convoy("hq-cv-1", beads)], { feedMax: 2 })).toEqual(["web-e", "web-a"]);
});

test("a bead of two convoys is fed once", () => {
  const shared = beadOf({ id: "web-a" });
  expect(ids([convoy("hq-cv-1", [shared]), convoy("hq-cv-2", [shared, beadOf({ id: "web-b" })])])).toEqual([
    "web-a",
    "web-b",
  ]);
});

test("owned, manual, paused and staged convoys are not fed", () => {
  const beads = [beadOf({ id: "web-a" })];
  expect(
    ids([
      convoy("hq-cv-1", beads, { labels: ["gt:owned"] }),
      convoy("hq-cv-2", beads, { metadata: { convoy: { feed: "manual" } } }),
      convoy("hq-cv-3", beads, { labels: ["mountain", "mountain:paused"] }),
      convoy("hq-cv-4", beads, { status: "staged_ready" }),
    ]),
  ).toEqual([]);
});

test("a new convoy is left to be slung by hand for a minute, unless its work has begun", () => {
  const fresh = { createdAt: context.now - 1000 };
  const begun = beadOf({
    id: "web-b",
    status: "closed",
    metadata: { attachment: { dispatched_by: "overseer" } },
  });
  expect(ids([convoy("hq-cv-1", [beadOf({ id: "web-a" })], fresh)])).toEqual([]);
  expect(ids([convoy("hq-cv-1", [beadOf({ id: "web-a" })], fresh)], { isEager: true })).toEqual(["web-a"]);
  expect(ids([convoy("hq-cv-1", [beadOf({ id: "web-a" }), begun], fresh)])).toEqual(["web-a"]);
});

test("base branch and merge strategy of the convoy go with its beads", () => {
  const metadata = { convoy: { base_branch: "release", merge: "direct" } };
  expect(planFeed([convoy("hq-cv-1", [beadOf({ id: "web-a" })], { metadata })], context)).toEqual([
    { convoy: "hq-cv-1", bead: "web-a", rig: "web", baseBranch: "release", merge: "direct" },
  ]);
});

test("a bead whose dispatch failed is left alone until its backoff has passed", () => {
  const snapshots = [convoy("hq-cv-1", [beadOf({ id: "web-a" })])];
  const until = (time: number) => new Map([["web-a", { count: 1, until: time, error: "E_DISK" }]]);
  expect(ids(snapshots, { backoff: until(context.now + 1) })).toEqual([]);
  expect(ids(snapshots, { backoff: until(context.now) })).toEqual(["web-a"]);
});
