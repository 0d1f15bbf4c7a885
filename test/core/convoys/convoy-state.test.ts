import { describe, expect, test } from "vitest";
import { convoyFields } from "../../../src/core/convoys/convoy.ts";
import type { ConvoySnapshot, TrackedBead } from "../../../src/core/convoys/convoy-snapshot.ts";
import {
  convoyStanding,
  hasLanded,
  type ReadinessContext,
  trackedState,
} from "../../../src/core/convoys/convoy-state.ts";
import type { Bead } from "../../../src/core/ledger/bead.ts";
import { beadOf } from "../../support/bead-of.ts";

const context: ReadinessContext = { now: 1000, rigs: new Set(["web", "api"]), openRigs: new Set(["web"]) };

const tracked = (
  fields: Partial<Bead> & { readonly id: string },
  rest: Partial<TrackedBead> = {},
): TrackedBead => ({
  bead: beadOf(fields),
  blockers: [],
  holder: fields.assignee ? { address: fields.assignee, isDead: false } : undefined,
  ...rest,
});

function convoy(members: readonly TrackedBead[], fields: Partial<Bead> = {}): ConvoySnapshot {
  const bead = beadOf({ id: "hq-cv-1", type: "convoy", ...fields });
  return { convoy: bead, fields: convoyFields(bead), tracked: members };
}

const blocker = (id: string, inside: boolean) => ({ id, inside, slingable: true, skipped: false });

describe("a tracked bead", () => {
  test.each<[string, TrackedBead, string]>([
    ["is ready when open", tracked({ id: "web-a" }), "ready"],
    [
      "is in flight on a hook",
      tracked({ id: "web-a", status: "hooked", assignee: "web/polecats/nux" }),
      "in-flight",
    ],
    [
      "is merging while its request moves",
      tracked({ id: "web-a", status: "in_progress" }, { mergeRequest: { id: "web-mr-1", phase: "held" } }),
      "merging",
    ],
    [
      "is held by a request that was given up",
      tracked(
        { id: "web-a", status: "in_progress" },
        { mergeRequest: { id: "web-mr-1", phase: "quarantined" } },
      ),
      "held",
    ],
    [
      "is ready again when its failed request was given back",
      tracked({ id: "web-a" }, { mergeRequest: { id: "web-mr-1", phase: "needs_fix" } }),
      "ready",
    ],
    [
      "is blocked by an open bead",
      tracked({ id: "web-a" }, { blockers: [blocker("web-b", true)] }),
      "blocked",
    ],
    ["is held while deferred", tracked({ id: "web-a", deferUntil: 2000 }), "held"],
    ["is held when its rig is parked", tracked({ id: "api-a" }), "held"],
    ["is held when no rig has its prefix", tracked({ id: "hq-a" }), "held"],
    ["is held when it is not work for an agent", tracked({ id: "web-a", type: "decision" }), "held"],
    ["is held when skipped", tracked({ id: "web-a", labels: ["mountain:skipped"] }), "held"],
    ["is closed when closed", tracked({ id: "web-a", status: "closed" }), "closed"],
  ])("%s", (_name, bead, state) => {
    expect(trackedState(bead, context).state).toBe(state);
  });
});

test("a convoy lands only when everything is closed and no merge request is open", () => {
  const closed = tracked({ id: "web-a", status: "closed" });
  const merging = tracked(
    { id: "web-b", status: "closed" },
    { mergeRequest: { id: "web-mr-1", phase: "ready" } },
  );
  expect(hasLanded(convoy([closed]))).toBe(true);
  expect(hasLanded(convoy([closed, merging]))).toBe(false);
  expect(hasLanded(convoy([closed, tracked({ id: "web-c" })]))).toBe(false);
});

test("an empty, owned or staged convoy never lands by itself", () => {
  const closed = [tracked({ id: "web-a", status: "closed" })];
  expect(hasLanded(convoy([]))).toBe(false);
  expect(hasLanded(convoy(closed, { labels: ["gt:owned"] }))).toBe(false);
  expect(hasLanded(convoy(closed, { status: "staged_ready" }))).toBe(false);
});

test("the state of a convoy is the first that fits", () => {
  const open = tracked({ id: "web-a" });
  const flying = tracked({ id: "web-b", status: "hooked", assignee: "web/polecats/nux" });
  const outside = tracked({ id: "web-c" }, { blockers: [blocker("api-x", false)] });
  const inside = tracked({ id: "web-d" }, { blockers: [blocker("web-a", true)] });
  const skipped = tracked({ id: "web-e", status: "blocked", labels: ["mountain:skipped"] });
  const standing = (members: readonly TrackedBead[], fields: Partial<Bead> = {}) =>
    convoyStanding(convoy(members, fields), context);

  expect(standing([], {}).state).toBe("empty");
  expect(standing([open], { status: "staged_warnings" }).state).toBe("staged");
  expect(standing([open, flying]).state).toBe("feeding");
  expect(standing([flying, inside]).state).toBe("working");
  expect(standing([outside]).state).toBe("waiting");
  expect(standing([outside]).reasons).toEqual(["web-c: blocked by api-x"]);
  expect(standing([skipped, inside]).state).toBe("stuck");
  expect(standing([open], { metadata: { convoy: { feed: "manual" } } }).state).toBe("paused");
  expect(standing([tracked({ id: "web-f", status: "closed" })])).toMatchObject({
    state: "complete",
    done: 1,
    total: 1,
  });
});
