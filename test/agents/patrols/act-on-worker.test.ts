import { afterEach, beforeEach, expect, test } from "vitest";
import { actOnWorker, type LockedAction } from "../../../src/agents/patrols/act-on-worker.ts";
import { noMemory, type WorkerMemory, type WorkerView } from "../../../src/agents/patrols/worker-view.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import type { SessionHost, SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import { escalationOf } from "../../../src/core/escalation/escalation.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { PlainTown } from "../../support/plain-town.ts";

// What the Witness decides is tested by itself (decide-worker.test.ts): here is what becomes of it (spec/04 §9.2).

const now = 1_000_000_000_000;
const rig = "greenplace";
let town: PlainTown;
let access: TownAccess;
let address = "";
let bead = "";
let calls: unknown[] = [];

const host = {
  get: async () => session,
  list: async () => [session],
  stop: async (name: string, options: unknown) => void calls.push(["stop", name, options]),
  write: async (name: string, keys: string) => void calls.push(["write", name, keys]),
  deliver: async () => "queued",
} as unknown as SessionHost;
const session = {
  ...{ session: "gp-nux", actor: "greenplace/polecats/nux", role: "polecat", rig, agent: "claude" },
  ...{ phase: "idle", startedAt: now - 5000, runId: "run-1", instruction: "Begin." },
} as SessionRecord;

beforeEach(async () => {
  calls = [];
  town = new PlainTown();
  access = { ...(await town.access("daemon")), clock: { now: () => now }, host: async () => host };
  address = await town.polecat("nux");
  const { created } = await access.ledger.write("overseer", [
    { op: "create", as: "work", bead: { title: "Work", scope: rig } },
    { op: "hook", address, bead: "$work" },
    { op: "setAgent", address, fields: { state: "working", hookState: "active", branch: "polecat/nux/x" } },
  ]);
  bead = created[0] ?? "";
});
afterEach(() => town.dispose());

async function act(action: LockedAction, memory: Partial<WorkerMemory> = {}): Promise<void> {
  const [agent, work] = [await access.ledger.agent(address), await access.ledger.get(bead)];
  if (agent === undefined || work === undefined) throw new Error("no polecat at work");
  const view = { agent, bead: work, session, hasWorktree: true, hasPlace: true };
  const seen = { ...view, memory: { ...noMemory(agent.hookSeq), ...memory } } as unknown as WorkerView;
  await actOnWorker(access, seen, action);
}

const acted = async () =>
  (await access.ledger.row<WorkerMemory>("patrols", `worker:${address}`))?.value.acted;
const events = (...types: readonly string[]) =>
  readEvents(town.town.paths.events, { filter: { types } }).map(({ type, payload, source }) => ({
    ...{ type, source },
    ...payload,
  }));
const agent = () => access.ledger.agent(address);

test("W2, W3: a session whose program is gone is to be started again, one whose work is over is not", async () => {
  await act({ kind: "end-session", detection: "W2", reason: "its process is gone" });
  await act({ kind: "end-session", detection: "W3", reason: "done-not-exited" });
  expect(calls).toEqual([
    ["stop", "gp-nux", { reason: "killed", why: "its process is gone" }],
    ["stop", "gp-nux", { reason: "stopped", why: "done-not-exited" }],
  ]);
});

test("W6: the keys for its dialog are pressed, it is told again what to begin with, and the try is counted", async () => {
  await act({ kind: "prod", detection: "W6", keys: "\r", minutes: 1 });
  expect(calls).toEqual([["write", "gp-nux", "\r"]]);
  expect(await allNudges(access.ledger)).toMatchObject([
    { session: "gp-nux", kind: "instruct", message: expect.stringContaining("Begin.") },
  ]);
  expect(await acted()).toEqual({ W6: { count: 1, at: now } });
  expect(events("startup_stall")).toEqual([
    { type: "startup_stall", source: "daemon", agent: address, bead, minutes: 1, rig },
  ]);
  // Tries with an earlier session do not count for this one.
  await act(
    { kind: "prod", detection: "W6", keys: "", minutes: 2 },
    { acted: { W6: { count: 3, at: now - 9000 } } },
  );
  expect(await acted()).toEqual({ W6: { count: 1, at: now } });
  expect(calls).toHaveLength(1);
});

test("W7, W8, W9: a nudge comes from the witness and is counted; a stall and a silence are told, too", async () => {
  for (const detection of ["W7", "W8", "W9"] as const)
    await act({ kind: "nudge", detection, text: `because of ${detection}`, minutes: 31 });
  const typed = await allNudges(access.ledger);
  expect(typed.map(({ message }) => message).toSorted()).toEqual(
    ["W7", "W8", "W9"].map((detection) => `because of ${detection}`),
  );
  expect(new Set(typed.map(({ sender, to, mode }) => `${sender} ${to} ${mode}`))).toEqual(
    new Set([`greenplace/witness ${address} wait-idle`]),
  );
  expect(await acted()).toEqual({ W9: { count: 1, at: now } });
  const facts = { source: "daemon", agent: address, bead, minutes: 31, rig };
  expect(events("agent_stalled", "gupp_violation", "protocol")).toEqual([
    { type: "agent_stalled", ...facts },
    { type: "gupp_violation", ...facts },
    {
      ...{ type: "protocol", source: "daemon", from: "daemon", to: "greenplace/witness", rig },
      subject: `GUPP_VIOLATION: ${address} 31m`,
      fields: { Polecat: address, Bead: bead, Minutes: 31 },
    },
  ]);
});

test("W9, W20: who is given up is stuck with its work as it is, its session ended, and somebody asked at once", async () => {
  await access.ledger.write("overseer", newConvoy({ title: "All", owner: "overseer", issues: [bead] }));
  await act({ kind: "stuck", detection: "W9", reason: "no progress for 1h", count: 2 });
  expect(await agent()).toMatchObject({ state: "stuck", hookState: "suspended", hookBead: bead });
  expect(await access.ledger.get(bead)).toMatchObject({ status: "hooked", assignee: address });
  expect(calls).toEqual([["stop", "gp-nux", { reason: "killed" }]]);
  const told = events("agent_stuck", "hook_suspended", "crash_loop");
  expect(told).toEqual([
    expect.objectContaining({ type: "agent_stuck", agent: address, bead, reason: "no progress for 1h" }),
    expect.objectContaining({ type: "hook_suspended", agent: address, bead, seq: 1 }),
  ]);
  const [asked] = (await access.ledger.find({ type: "escalation" })).map(escalationOf);
  expect(asked).toMatchObject({ severity: "high", relatedBead: bead, source: `witness:stuck:${address}` });
  expect((await access.ledger.comments(bead)).at(-1)?.text).toContain("no progress for 1h");

  await access.ledger.write("overseer", [
    { op: "setAgent", address, fields: { state: "working", hookState: "active" } },
  ]);
  await act({ kind: "stuck", detection: "W20", reason: "died 4 times in a row", count: 3 });
  expect(events("crash_loop")).toEqual([
    { type: "crash_loop", source: "daemon", agent: address, bead, rig, count: 3, window: "15m" },
  ]);
  expect(events("convoy_failure"), "04 §9.3: a convoy that is no mountain only hears of it").toEqual([
    expect.objectContaining({ bead, reason: "no progress for 1h" }),
    expect.objectContaining({ bead, reason: "died 4 times in a row" }),
  ]);
});

test("W14: the mirror of a hook whose bead is somebody else's is put right, and its session ended", async () => {
  await access.ledger.write("overseer", [
    { op: "update", id: bead, fields: { assignee: "greenplace/crew/sam" } },
  ]);
  await act({ kind: "clear-hook", detection: "W14", reason: `${bead} is held by greenplace/crew/sam` });
  expect(await agent()).toMatchObject({ state: "idle", hookState: "archived", hookBead: "" });
  expect(await access.ledger.get(bead), "the row of the bead is the truth").toMatchObject({
    status: "hooked",
    assignee: "greenplace/crew/sam",
  });
  expect(calls).toEqual([["stop", "gp-nux", { reason: "stopped" }]]);
  expect(events("hook_repaired", "hook_archived")).toEqual([
    expect.objectContaining({
      type: "hook_repaired",
      agent: address,
      bead,
      what: expect.stringContaining("crew/sam"),
    }),
    expect.objectContaining({ type: "hook_archived", agent: address, bead }),
  ]);
});

test("nothing is done to an agent whose assignment has changed since it was looked at", async () => {
  const stale = { ...noMemory(1), seq: 1 };
  const before = await agent();
  await access.ledger.write("overseer", [{ op: "setAgent", address, fields: { hookBead: "" } }]);
  const view = { agent: before, bead: await access.ledger.get(bead), session, memory: stale };
  await expect(
    actOnWorker(access, view as unknown as WorkerView, {
      ...{ kind: "stuck", detection: "W9", reason: "late", count: 2 },
    }),
  ).rejects.toMatchObject({ code: "E_CONFLICT" });
  expect(await access.ledger.find({ type: "escalation" })).toEqual([]);
});
