import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noteSleep } from "../../../src/agents/daemon/wake-up.ts";
import { writeIdentity, writeState } from "../../../src/agents/daemon/daemon-state.ts";
import { writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { agentHealth } from "../../../src/agents/patrols/agent-health.ts";
import { processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionHost, SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { remember } from "../../../src/agents/patrols/worker-memory.ts";
import { noMemory } from "../../../src/agents/patrols/worker-view.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { SleepWatch } from "../../../src/core/health/machine-sleep.ts";
import { GtError } from "../../../src/core/gt-error.ts";
import { switchRole } from "../../../src/agents/patrols/role-switch.ts";
import { changeLocalProperty } from "../../../src/core/town/rig-properties.ts";
import { acquireLock } from "../../../src/core/lock/lock.ts";
import { WorkTown } from "../../support/work-town.ts";

const minute = 60_000;
let work: WorkTown;
let access: TownAccess;
let now = Date.now();

beforeEach(async () => {
  work = await WorkTown.create();
  work.wantUp();
  const real = await work.access("overseer", { now: () => now });
  access = { ...real, host: async () => host };
});
afterEach(() => work.dispose());

/** The program in a terminal lives as long as this test. */
const own = { pid: process.pid, pidStartedAt: processStartTime(process.pid) ?? "" };
let records: readonly Partial<SessionRecord>[] = [];
const host = { list: async () => records } as unknown as SessionHost;

/** A polecat with a bead on its hook since now. */
async function working(name: string): Promise<string> {
  const address = `web/polecats/${name}`;
  mkdirSync(join(work.rig().polecats, name, "web"), { recursive: true });
  const bead = await work.bead(access, `Work of ${name}`, "true", {
    metadata: { attachment: { attached_at: new Date(now).toISOString() } },
  });
  await access.ledger.write("overseer", [
    { op: "ensureAgent", agent: { id: `web-polecat-${name}`, address, role: "polecat", rig: "web", name } },
    { op: "hook", address, bead: bead.id },
    { op: "setAgent", address, fields: { state: "working" } },
  ]);
  return bead.id;
}

test("each agent is shown with its bead, its state and what a person may do, the most urgent first", async () => {
  now = Date.now();
  await working("quiet");
  const bead = await working("dead");
  records = [
    { session: "web-quiet", phase: "working", ...own, startedAt: now, agent: "claude" },
    { session: "web-dead", phase: "exited", startedAt: now, agent: "claude" },
  ];
  now += 16 * minute;
  const views = await agentHealth(access);
  expect(views.map(({ name, health, reason }) => [name, health, reason])).toEqual([
    ["quiet", "stalled", "quiet for 16m"],
    ["dead", "zombie", "session dead"],
  ]);
  expect(views[1]).toMatchObject({
    address: "web/polecats/dead",
    icon: "😺",
    bead,
    title: "Work of dead",
    suggestion: "restart",
    session: "web-dead",
    phase: "exited",
    needsAttention: true,
  });
});

test("what is asked and how long a limit lasts is told, and a silent host makes nobody a zombie (spec/06 §12.1)", async () => {
  now = Date.now();
  await working("asker");
  await working("limited");
  await working("stopped");
  const live = { ...own, startedAt: now, agent: "claude" };
  records = [
    { ...live, session: "web-asker", phase: "waiting", waitingFor: "Do you want to proceed?" },
    { ...live, session: "web-limited", phase: "limited", limitedUntil: now + 32 * minute },
    { ...live, session: "web-stopped", phase: "exited", exitReason: "stopped", expected: true },
  ];
  expect((await agentHealth(access)).map(({ name, reason }) => [name, reason])).toEqual([
    ["asker", "waits for an answer: Do you want to proceed?"],
    ["stopped", "session dead: somebody stopped it"],
    ["limited", "rate limited for another 32m"],
  ]);
  const silent = async () =>
    Promise.reject(new GtError("E_HOST_SILENT", "the session host is not answering"));
  const views = await agentHealth({ ...access, host: silent });
  expect(views.map(({ health }) => health)).toEqual(["working", "working", "working"]);
});

test("a write of the agent itself is progress, and so is what the daemon has noted", async () => {
  now = Date.now();
  const bead = await working("nux");
  records = [{ session: "web-nux", phase: "working", ...own, startedAt: now }];
  const idleMs = async () => (await agentHealth(access))[0]?.idleMs;
  now += 14 * minute;
  await access.ledger.write("web/polecats/nux", [{ op: "update", id: bead, fields: { notes: "half done" } }]);
  now += 2 * minute;
  expect(await idleMs()).toBe(2 * minute);
  await access.ledger.touchAgent("web/polecats/nux", { lastProgressAt: now - minute });
  expect(await idleMs()).toBe(minute);
});

test("a live session whose worktree is gone is dead", async () => {
  now = Date.now();
  await working("nux");
  records = [{ session: "web-nux", phase: "working", ...own, startedAt: now }];
  rmSync(join(work.rig().polecats, "nux"), { recursive: true });
  expect((await agentHealth(access))[0]).toMatchObject({ health: "zombie", reason: "worktree missing" });
});

test.runIf(process.platform === "linux")("a terminal whose program is gone is dead", async () => {
  now = Date.now();
  await working("nux");
  records = [
    { session: "web-nux", phase: "working", ...own, pidStartedAt: "of another one", startedAt: now },
  ];
  expect((await agentHealth(access))[0]).toMatchObject({ health: "zombie", reason: "its program is gone" });
});

test("while no daemon watches, what changes in the sandbox itself is progress", async () => {
  now = Date.now();
  await working("nux");
  records = [{ session: "web-nux", phase: "working", ...own, startedAt: now }];
  const home = join(work.rig().polecats, "nux/web");
  rmSync(home, { recursive: true });
  work.git("web", "worktree", "add", "-q", "-b", "polecat/nux/x@1", home, "origin/main");
  now += 20 * minute;
  expect((await agentHealth(access))[0]).toMatchObject({ health: "stalled" });
  const changedAt = (now - minute) / 1000;
  utimesSync(home, changedAt, changedAt);
  expect((await agentHealth(access))[0]).toMatchObject({ health: "working", idleMs: minute });
  const lock = await acquireLock(work.town.paths.locks, "daemon");
  expect((await agentHealth(access))[0], "a daemon says so itself").toMatchObject({ health: "stalled" });
  lock.release();
});

test("builtin loops live with the daemon: running, resting in a town that is down, dead in one that is up", async () => {
  records = [];
  await access.ledger.write("overseer", [
    { op: "ensureAgent", agent: { id: "web-witness", address: "web/witness", role: "witness", rig: "web" } },
  ]);
  const witness = async () => (await agentHealth(access))[0];
  await writeDesired(work.town, "down", "overseer");
  expect(await witness()).toMatchObject({ state: "stopped", health: "idle" });
  await writeDesired(work.town, "up", "overseer");
  expect(await witness()).toMatchObject({
    health: "zombie",
    reason: "the daemon is down",
    suggestion: "gt up",
  });
  const lock = await acquireLock(work.town.paths.locks, "daemon");
  expect(await witness()).toMatchObject({ state: "running", health: "idle", needsAttention: false });
  for (const [operation, reason, suggestion] of [
    [switchRole("web/witness", true), "somebody stopped it", "gt witness start web"],
    [switchRole("web/witness", false), "", ""],
  ] as const) {
    await access.ledger.write("overseer", [operation]);
    expect(await witness()).toMatchObject({ reason, suggestion, needsAttention: false });
  }
  await changeLocalProperty(work.town, work.rig(), "status", { value: "parked", isBlocked: false });
  expect(await witness(), "of a parked rig").toMatchObject({
    ...{ state: "stopped", reason: "its rig is parked", suggestion: "gt rig unpark web" },
  });
  await changeLocalProperty(work.town, work.rig(), "status", { value: undefined, isBlocked: false });
  const { pid } = process;
  await writeIdentity(work.town, { pid, startedAt: "x", version: "1" });
  const heard = async (beatAgoMs: number, loopAgoMs: number, isRunning = false) => {
    const at = now - beatAgoMs;
    const last = { lastStartedAt: at - loopAgoMs, lastEndedAt: at - loopAgoMs };
    const loop = { key: "witness:web", intervalMs: minute, timeoutMs: 2 * minute, runs: 1, failures: 0 };
    await writeState(work.town, {
      ...{ running: true, pid, started_at: "", heartbeat_count: 1 },
      last_heartbeat: new Date(at).toISOString(),
      duties: [{ ...loop, isRunning, ...last }],
    });
    return (await witness())?.reason;
  };
  now = Date.now();
  expect(await heard(0, 3 * minute)).toBe("");
  expect(await heard(0, 3 * minute + 1)).toBe("its loop witness:web is silent");
  expect(await heard(0, 3 * minute, true), "at work within its time").toBe("");
  expect(await heard(9 * minute, 0)).toBe("");
  expect(await heard(9 * minute + 1, 0)).toBe("the daemon does not come round");
  lock.release();
});

test("time that the machine slept through counts for nobody, and an answer is waited for as long as before", async () => {
  now = Date.now();
  const hour = 60 * minute;
  await working("nux");
  records = [{ session: "web-nux", phase: "working", ...own, startedAt: now, agent: "claude" }];
  const clock = { now: () => now };
  const watch = new SleepWatch(clock, 15_000);
  now += 14 * minute;
  watch.look();
  now += 70_000;
  expect(watch.look(), "a machine that is busy for a minute does not sleep").toBeUndefined();
  const pinged = { ...noMemory(1), acted: { W9: { count: 1, at: now } } };
  await access.ledger.write("daemon", [remember("web/polecats/nux", pinged)]);
  const from = now;
  now += 8 * hour;
  const sleep = watch.look();
  expect(sleep).toEqual({ from, to: now });
  await noteSleep(access, sleep ?? { from, to: now });
  const view = async () => (await agentHealth(access))[0];
  expect(await view()).toMatchObject({ health: "stalled", idleMs: 14 * minute + 70_000 });
  const row = await access.ledger.row<typeof pinged>("patrols", "worker:web/polecats/nux");
  expect(row?.value.acted.W9).toEqual({ count: 1, at: now });
  now += 15 * minute;
  expect(await view(), "awake, the time goes on").toMatchObject({ health: "gupp" });
});
