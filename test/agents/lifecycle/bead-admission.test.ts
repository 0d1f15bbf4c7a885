import { describe, expect, test } from "vitest";
import { type AdmissionFacts, admitBead } from "../../../src/agents/lifecycle/bead-admission.ts";
import { beadOf } from "../../support/bead-of.ts";

const rig = { kind: "rig", rig: "web" } as const;
const nux = "web/polecats/nux";

function facts(changes: Partial<AdmissionFacts> = {}): AdmissionFacts {
  return {
    id: "web-a1",
    bead: beadOf({ id: "web-a1" }),
    blockers: [],
    holder: undefined,
    owningRig: "web",
    target: rig,
    force: false,
    maxRespawns: 3,
    now: 1000,
    ...changes,
  };
}

const held = (changes: Partial<AdmissionFacts> = {}): AdmissionFacts =>
  facts({
    bead: beadOf({ id: "web-a1", status: "hooked", assignee: nux }),
    holder: { address: nux, state: "working", session: "alive" },
    target: { kind: "polecat", rig: "web", address: "web/polecats/slit", shorthand: false },
    ...changes,
  });

test("an open bead of the rig is dispatched", () => {
  expect(admitBead(facts())).toEqual({ verdict: "dispatch", warnings: [] });
});

describe("what is no longer or not yet work is refused, each for its own reason", () => {
  const cases: readonly (readonly [string, Partial<AdmissionFacts>])[] = [
    ["E_BEAD_NOT_FOUND", { bead: undefined }],
    ["E_NOT_WORK", { bead: beadOf({ id: "web-a1", type: "message" }) }],
    ["E_BAD_TITLE", { bead: beadOf({ id: "web-a1", title: "--force" }) }],
    ["E_CLOSED", { bead: beadOf({ id: "web-a1", status: "closed" }) }],
    ["E_DEFERRED", { bead: beadOf({ id: "web-a1", deferUntil: 2000 }) }],
    ["E_BLOCKED", { blockers: ["web-b2"] }],
    ["E_HAS_WORKFLOW", { bead: beadOf({ id: "web-a1", assignee: "ada" }), workflow: "web-wisp-1" }],
    ["E_BLOCKED", { bead: beadOf({ id: "web-a1", status: "blocked" }) }],
    [
      "E_AWAITING_MERGE",
      { bead: beadOf({ id: "web-a1", status: "in_progress", metadata: { awaiting_merge: "web-mr-1" } }) },
    ],
    ["E_CROSS_RIG", { owningRig: "api" }],
    ["E_CROSS_RIG", { owningRig: undefined }],
    ["E_RESPAWN_LIMIT", { bead: beadOf({ id: "web-a1", metadata: { recovery: { attempts: 3 } } }) }],
  ];
  test.each(cases)("%s %#", (code, changes) => {
    expect(() => admitBead(facts(changes))).toThrow(
      expect.objectContaining({ code, hint: expect.stringMatching(/^(gt|bd) /) }),
    );
  });
});

test("--force overrides blockers, deferral, rig and respawn limit, but never a closed bead", () => {
  for (const changes of [
    { blockers: ["web-b2"] },
    { owningRig: "api" },
    { bead: beadOf({ id: "web-a1", deferUntil: 2000 }) },
    { bead: beadOf({ id: "web-a1", metadata: { recovery: { attempts: 9 } } }) },
  ])
    expect(admitBead(facts({ ...changes, force: true })).verdict).toBe("dispatch");
  expect(() => admitBead(facts({ bead: beadOf({ id: "web-a1", status: "closed" }), force: true }))).toThrow(
    expect.objectContaining({ code: "E_CLOSED" }),
  );
});

test("slinging a hooked bead is refused and says who holds it", () => {
  expect(() => admitBead(held())).toThrow(
    expect.objectContaining({ code: "E_ALREADY_HOOKED", message: expect.stringContaining(nux) }),
  );
});

test("the same sling again changes nothing while its agent lives", () => {
  expect(admitBead(held({ target: rig }))).toEqual({ verdict: "already", agent: nux });
  const named = { kind: "polecat", rig: "web", address: nux, shorthand: false } as const;
  expect(admitBead(held({ target: named }))).toEqual({ verdict: "already", agent: nux });
  expect(() => admitBead(held({ target: { ...named, shorthand: true } }))).toThrow(
    expect.objectContaining({ code: "E_ALREADY_HOOKED" }),
  );
});

test("a holder that is confirmed dead is taken over with a warning, one that may come back is not", () => {
  const dead = held({ holder: { address: nux, state: "working", session: "dead" } });
  expect(admitBead(dead)).toEqual({
    verdict: "dispatch",
    takeOver: nux,
    warnings: [expect.stringContaining("session is dead")],
  });
  for (const state of ["spawning", "awaiting-gate", "paused"] as const)
    expect(() => admitBead(held({ holder: { address: nux, state, session: "dead" } }))).toThrow(
      expect.objectContaining({ code: "E_ALREADY_HOOKED" }),
    );
  expect(() => admitBead(held({ holder: { address: nux, state: "working", session: "unknown" } }))).toThrow(
    expect.objectContaining({ code: "E_ALREADY_HOOKED" }),
  );
});

test("crew without a session keeps its bead: a rig gets it by force only, and the same sling is a no-op", () => {
  const sam = "web/crew/sam";
  const kept = held({
    bead: beadOf({ id: "web-a1", status: "hooked", assignee: sam }),
    holder: { address: sam, state: "stopped", session: "dead" },
    target: rig,
  });
  expect(() => admitBead(kept)).toThrow(expect.objectContaining({ code: "E_ALREADY_HOOKED" }));
  expect(admitBead({ ...kept, force: true })).toMatchObject({ verdict: "dispatch", takeOver: sam });
  expect(admitBead({ ...kept, target: { kind: "agent", address: sam } })).toEqual({
    ...{ verdict: "already", agent: sam },
  });
});

test("crew and mayor may take blocked beads of any rig", () => {
  const target = { kind: "agent", address: "mayor/" } as const;
  expect(admitBead(facts({ target, blockers: ["web-b2"], owningRig: undefined })).verdict).toBe("dispatch");
});
