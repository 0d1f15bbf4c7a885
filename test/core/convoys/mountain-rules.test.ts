import { expect, test } from "vitest";
import type { Blocker, TrackedBead } from "../../../src/core/convoys/convoy-snapshot.ts";
import { convoyStanding } from "../../../src/core/convoys/convoy-state.ts";
import { convoyFields } from "../../../src/core/convoys/convoy.ts";
import { beadActions } from "../../../src/core/convoys/mountain-rules.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { beadOf } from "../../support/bead-of.ts";

const mountain = beadOf({ id: "hq-cv-1", type: "convoy", status: "open", labels: ["mountain"] });
const readiness = { now: 0, rigs: new Set(["web", "api"]), openRigs: new Set(["web"]) };

function tracked(
  fields: Partial<Bead> & { readonly id: string },
  more: Partial<TrackedBead> = {},
): TrackedBead {
  return {
    bead: beadOf({ scope: "web", status: "open", ...fields }),
    blockers: [],
    holder: undefined,
    ...more,
  };
}

const waitsFor = (id: string, more: Partial<Blocker> = {}): Blocker => ({
  ...{ id, slingable: true, inside: true, skipped: false },
  ...more,
});

function actions(
  beads: readonly TrackedBead[],
  inHand: readonly string[] = [],
  given: readonly string[] = [],
) {
  const snapshot = { convoy: mountain, fields: convoyFields(mountain), tracked: beads };
  return beadActions(snapshot, convoyStanding(snapshot, readiness), {
    inHand: new Set(inHand),
    given: new Set(given),
  });
}

test("a worker that nobody could help is freed, unless its bead is given up already (B2)", () => {
  const bead = tracked({ id: "web-1", status: "hooked", assignee: "web/polecats/nux" });
  expect(actions([bead], ["web-1"], ["web-1"])).toEqual([{ do: "free", bead: "web-1" }]);
  expect(actions([bead], ["web-1"])).toEqual([]);
  const skipped = tracked({ id: "web-1", status: "blocked", labels: ["mountain:skipped"] });
  expect(actions([skipped], [], ["web-1"])).toEqual([]);
});

test("a request that waits for a fix gets one, unless somebody is at it (B3)", () => {
  const bead = tracked(
    { id: "web-1", status: "in_progress" },
    { mergeRequest: { id: "web-mr-1", phase: "needs_fix" } },
  );
  expect(actions([bead])).toEqual([{ do: "fix", bead: "web-1", mr: "web-mr-1" }]);
  expect(actions([bead], ["web-1"])).toEqual([]);
});

test("a quarantined request sets its bead aside, once (B4)", () => {
  const mergeRequest = { id: "web-mr-1", phase: "quarantined" } as const;
  expect(actions([tracked({ id: "web-1", status: "in_progress" }, { mergeRequest })])).toEqual([
    { do: "skip", bead: "web-1", mr: "web-mr-1" },
  ]);
  const skipped = tracked({ id: "web-1", status: "blocked", labels: ["mountain:skipped"] }, { mergeRequest });
  expect(actions([skipped])).toEqual([]);
});

test("what can never start is escalated: a cycle with its path, a prefix without a rig (B5)", () => {
  const one = tracked({ id: "web-1" }, { blockers: [waitsFor("web-2")] });
  const two = tracked({ id: "web-2" }, { blockers: [waitsFor("web-1")] });
  expect(actions([two, one])).toMatchObject([
    { do: "escalate", bead: "web-1", why: expect.stringContaining("web-1 -> web-2 -> web-1") },
  ]);
  expect(actions([tracked({ id: "hq-9", scope: "town" })])).toMatchObject([
    { do: "escalate", bead: "hq-9", key: "no-rig:hq" },
  ]);
});

test("a parked rig and an open decision are told, one of each however many beads wait (B6, B7)", () => {
  const parked = ["api-1", "api-2"].map((id) => tracked({ id, scope: "api" }));
  expect(new Set(actions(parked).map((action) => "key" in action && action.key))).toEqual(
    new Set(["parked:api"]),
  );
  const undecided = tracked({ id: "web-1" }, { blockers: [waitsFor("web-7", { slingable: false })] });
  expect(actions([undecided])).toMatchObject([
    { do: "tell", key: "decision:web-7", why: "needs decision web-7" },
  ]);
});
