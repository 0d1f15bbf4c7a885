import { expect, test } from "vitest";
import { dutiesFor } from "../../../src/agents/daemon/route-changes.ts";
import type { Change } from "../../../src/core/ledger/ledger.ts";

const change = (type: string, fields: Partial<Change> = {}): Change => ({
  seq: 1,
  tx: "t",
  beadId: "web-a1",
  scope: "web",
  type,
  actor: "overseer",
  createdAt: 0,
  ...fields,
});
const woken = (...changes: Change[]) => [...dutiesFor(changes, ["web", "api"])].sort();

test("a closed bead wakes convoys, scheduler, the rig's witness and its refinery, which may have waited for it", () => {
  expect(woken(change("closed"))).toEqual([
    ...["convoys", "gates", "refinery:web", "scheduler", "states", "witness:web"],
  ]);
});

test("a new merge request wakes the refinery of its rig", () => {
  expect(woken(change("created", { beadId: "web-mr-x1" }))).toContain("refinery:web");
  expect(woken(change("created"))).not.toContain("refinery:web");
});

test("comments and new titles wake nobody", () => {
  expect(woken(change("commented"), change("updated", { newValue: { title: "x" } }))).toEqual([]);
});

test("an agent that becomes idle frees its place", () => {
  expect(woken(change("agent_updated", { newValue: { agent_state: "idle" } }))).toEqual([
    "convoys",
    "scheduler",
    "witness:web",
  ]);
  expect(woken(change("agent_updated", { newValue: { session_id: "x" } }))).toEqual([]);
});

test("changes of the town itself concern no rig", () => {
  expect(woken(change("closed", { scope: "town" }))).toEqual(["convoys", "gates", "scheduler", "states"]);
});

test("mail wakes the deacon, who reads it for the roles that run as code, and nobody else", () => {
  expect(woken(change("created", { scope: "town", newValue: { issue_type: "message" } }))).toEqual([
    "deacon",
  ]);
});
