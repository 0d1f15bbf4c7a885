import { expect, test } from "vitest";
import { decideBead, type TakenBead } from "../../../src/agents/patrols/decide-bead.ts";
import { decideRequest, type RequestMemory } from "../../../src/agents/patrols/decide-request.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";
import type { MergeRequest } from "../../../src/core/merge/merge-request.ts";
import type { WaitingRequest } from "../../../src/core/merge/open-requests.ts";

const nux = "web/polecats/nux";
const maxRespawns = 3;
const holder = (fields: Partial<Agent>) => ({ state: "idle", hookBead: "", ...fields }) as Agent;
const request = (fields: Partial<MergeRequest>) =>
  ({ id: "web-mr-1", branch: "b", ...fields }) as MergeRequest;
const decide = (facts: Partial<TakenBead>) =>
  decideBead(
    {
      ...{ bead: { id: "web-1", assignee: nux, status: "in_progress" } as Bead, awaits: "" },
      ...{ isOperating: false, hasLanded: false, respawns: 0 },
      ...facts,
    },
    maxRespawns,
  );

test("W12, W14, W19: a taken bead goes back to the town when nobody holds it, as often as it may (04 §9.2)", () => {
  expect(decide({ holder: holder({ state: "working", hookBead: "web-1" }) }), "it is held").toBeUndefined();
  expect(decide({ isOperating: true }), "a command is at work").toBeUndefined();
  expect(decide({})).toEqual({ kind: "recover", detection: "W12", reason: `${nux} is gone` });
  expect(decide({ holder: holder({ state: "nuked" }) })).toMatchObject({ kind: "recover", detection: "W12" });
  expect(decide({ holder: holder({}) })).toMatchObject({ kind: "recover", detection: "W14" });
  expect(decide({ holder: holder({ state: "working", hookBead: "web-2" }) })).toEqual({
    ...{ kind: "recover", detection: "W14", reason: `${nux} works on web-2` },
  });
  expect(decide({ hasLanded: true, respawns: 9 })).toEqual({ kind: "close-landed", detection: "W12" });
  expect(decide({ respawns: 2 })).toMatchObject({ kind: "recover" });
  expect(decide({ respawns: 3 })).toMatchObject({ kind: "block", detection: "W19" });
});

test("W21: a bead that waits for its merge follows what became of the request (04 §9.2)", () => {
  const waits = { awaits: "web-mr-1" };
  for (const status of ["open", "in_progress"])
    expect(decide({ ...waits, request: request({ status }) }), status).toBeUndefined();
  const closed = request({ status: "closed", closeReason: "rejected" });
  expect(decide({ ...waits, request: request({ status: "closed", closeReason: "merged" }) })).toEqual({
    ...{ kind: "close-merged", detection: "W21", request: "web-mr-1" },
  });
  expect(decide({ ...waits, request: closed, openRequest: request({ id: "web-mr-2" }) })).toEqual({
    ...{ kind: "await-other", detection: "W21", request: "web-mr-2" },
  });
  expect(decide({ ...waits, request: closed })).toMatchObject({ kind: "reopen-rejected", priorBranch: "b" });
  expect(decide(waits)).toMatchObject({
    kind: "reopen-rejected",
    reason: "web-mr-1 is gone",
    priorBranch: "",
  });
  expect(decide({ awaits: "pr" }), "the queue asks GitHub").toBeUndefined();
  expect(decide({ ...waits, isOperating: true })).toBeUndefined();
});

test("W22: only a request that could run is left lying; it wakes the queue once, and somebody hears of it once (04 §9.2)", () => {
  const minute = 60_000;
  const at = (minutes: number, memory: RequestMemory = {}, more: Partial<WaitingRequest> = {}, mr = {}) =>
    decideRequest(
      { mr: request({ phase: "ready", updatedAt: 0, ...mr }), blockedBy: [], ...more } as WaitingRequest,
      memory,
      minutes * minute,
    );
  expect([at(29), at(30), at(119), at(120)]).toEqual([undefined, "wake", "wake", "escalate"]);
  expect(at(60, { wokenAt: 1 })).toBeUndefined();
  expect(at(120, { wokenAt: 1 })).toBe("escalate");
  expect(at(999, { escalatedAt: 1 })).toBeUndefined();
  expect(at(999, {}, { blockedBy: ["web-2"] } as unknown as Partial<WaitingRequest>)).toBeUndefined();
  expect(at(999, {}, {}, { holdUntil: 1000 * minute })).toBeUndefined();
  for (const phase of ["held", "running", "needs_fix", "quarantined", "closed"])
    expect(at(999, {}, {}, { phase }), phase).toBeUndefined();
});
