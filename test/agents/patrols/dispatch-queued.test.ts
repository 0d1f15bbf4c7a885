import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addAccount } from "../../../src/agents/accounts/accounts.ts";
import {
  expectCapacity,
  expectOperational,
  mayStartByItself,
} from "../../../src/agents/lifecycle/rig-admission.ts";
import { dispatchQueued } from "../../../src/agents/patrols/dispatch-queued.ts";
import { HostServer } from "../../../src/agents/sessions/host-server.ts";
import { stopAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { enqueueSling, openContexts, type SlingContext } from "../../../src/core/scheduler/sling-context.ts";
import { changeLocalProperty, labelProperty, rigProperty } from "../../../src/core/town/rig-properties.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

const minute = 60_000;
let work: WorkTown;
let access: TownAccess;
let laterMs = 0;
let queued = 0;

beforeEach(async () => {
  laterMs = 0;
  work = await WorkTown.create([
    { name: "web", prefix: "web" },
    { name: "api", prefix: "api" },
  ]);
  work.write("settings/config.json", { default_agent: "shell", scheduler: { max_polecats: 2 } });
  access = await work.access("overseer", { now: () => Date.now() + laterMs });
});

afterEach(() => work.dispose());

async function queue(
  title: string,
  rig: string,
  priority: number,
  more: Partial<SlingContext> = {},
): Promise<string> {
  const bead = await work.bead(access, title, "sleep 1000", { scope: rig, priority });
  // Two within one millisecond would have no order.
  const enqueuedAt = access.clock.now() - minute + queued++;
  await access.ledger.write(
    "overseer",
    enqueueSling({ bead: bead.id, rig, reason: "sling", enqueued_at: enqueuedAt, ...more }, title),
  );
  return bead.id;
}

const working = async (): Promise<number> =>
  (await access.ledger.agents({ role: "polecat", state: ["working", "spawning"] })).length;

test("two may work: the urgent one starts first, rigs take turns, and nobody else until one ends", async () => {
  const ids: string[] = [];
  for (const [title, rig, priority] of [
    ["last", "web", 4],
    ["web 1", "web", 2],
    ["web 2", "web", 2],
    ["api 1", "api", 2],
    ["api 2", "api", 2],
    ["urgent", "web", 0],
  ] as const)
    ids.push(await queue(title, rig, priority));
  const [last, , , api, , urgent] = ids;

  const dry = await work.gt(["scheduler", "run", "--batch", "2", "--dry-run"]);
  expect(dry.stdout).toContain(`Would dispatch: ${urgent} -> web\nWould dispatch: ${api} -> api\n`);
  expect(await working()).toBe(0);

  const paused = await work.gt(["scheduler", "pause", "-r", "release"]);
  expect(paused.code).toBe(0);
  expect(await work.gt(["scheduler", "run"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("paused"),
  });
  expect((await work.gt(["scheduler", "resume"])).code).toBe(0);

  expect((await dispatchQueued(access)).started.map(({ bead }) => bead)).toEqual([urgent]);
  expect((await dispatchQueued(access)).started.map(({ bead }) => bead)).toEqual([api]);
  expect(await dispatchQueued(access)).toMatchObject({
    started: [],
    capacity: 0,
    skipped: 4,
    reason: "capacity",
  });
  expect(await working()).toBe(2);

  const status = (await work.gt(["scheduler", "status", "--json"])).json<{ beads: { id: string }[] }>();
  expect(status).toMatchObject({ mode: "deferred", queued_total: 4, queued_ready: 4, working_polecats: 2 });
  expect(status.beads.at(-1)?.id).toBe(last);

  expect((await work.gt(["scheduler", "clear", "--bead", last ?? ""])).code).toBe(0);
  expect((await openContexts(access.ledger)).contexts).toHaveLength(3);
  expect((await access.ledger.get(last ?? ""))?.status).toBe("open");
}, 180_000);

test("a rig's properties decide whether it starts work by itself, before whom, and how much of it", async () => {
  const [web, api] = [work.town.rig("web"), work.town.rig("api")];
  const [first, second] = [await queue("first", "web", 1), await queue("second", "api", 2)];
  const beads = new Map(
    (await openContexts(access.ledger)).contexts.map((context) => [context.id, context.bead]),
  );
  const next = async () => {
    const [chosen] = (await dispatchQueued(access, { dryRun: true })).dispatch;
    return beads.get(chosen?.id ?? "");
  };
  const change = (key: string, value: unknown, isBlocked = false) =>
    changeLocalProperty(work.town, web, key, { value, isBlocked });
  expect(await next()).toBe(first);

  // Integers add up over the layers: 1 + 1 puts it behind.
  work.write("settings/config.json", {
    ...{ default_agent: "shell", scheduler: { max_polecats: 2 } },
    rig_defaults: { priority_adjustment: 1 },
  });
  await change("priority_adjustment", 1);
  expect(await rigProperty(work.town, access.ledger, web, "priority_adjustment")).toBe(2);
  await changeLocalProperty(work.town, api, "priority_adjustment", { value: -1, isBlocked: false });
  expect(await next()).toBe(second);
  await changeLocalProperty(work.town, api, "priority_adjustment", { value: 4, isBlocked: false });
  expect(await next()).toBe(first);

  for (const [key, value, isBlocked] of [
    ["auto_restart", false, false],
    ["auto_restart", undefined, true],
    ["status", undefined, true],
  ] as const) {
    await change(key, value, isBlocked);
    expect(await next(), `${key} ${isBlocked ? "blocked" : value}`).toBe(second);
    // By hand it still goes.
    await expectOperational(access.ledger, work.town, web);
    await change(key, undefined);
  }
  await change("status", "parked");
  await expect(expectOperational(access.ledger, work.town, web)).rejects.toMatchObject({
    code: "E_RIG_PARKED",
  });

  await access.ledger.write("overseer", [{ op: "delete", id: "web-rig-web", reason: "by mistake" }]);
  expect(await mayStartByItself(access.ledger, work.town, web), "an unreadable rig").toBe(false);
  await expect(labelProperty(access.ledger, web, "overseer", "status", "docked")).rejects.toMatchObject({
    hint: "gt doctor --fix",
  });
  await change("max_polecats", 0);
  await expectCapacity(access.ledger, work.town, api);
  await expect(expectCapacity(access.ledger, work.town, web)).rejects.toMatchObject({
    code: "E_POLECAT_CAP",
  });
});

test("what cannot be started is given up after three attempts, with the bead left open and the others started", async () => {
  const broken = await queue("broken", "web", 0, { agent: "no-such-runtime" });
  const good = await queue("good", "web", 2);
  const started: string[] = [];
  for (const pauseMs of [0, minute, 2 * minute, 4 * minute]) {
    laterMs += pauseMs + 1000;
    for (let pass = 0; pass < 2; pass++)
      started.push(...(await dispatchQueued(access)).started.map(({ bead }) => bead));
  }
  expect(started).toEqual([good]);
  expect((await openContexts(access.ledger)).contexts).toEqual([]);
  expect((await access.ledger.get(broken))?.status).toBe("open");
  const [context] = await access.ledger.find({
    status: "closed",
    ephemeral: true,
    metadata: { "sling.bead": broken },
  });
  expect(context).toMatchObject({
    closeReason: "circuit-broken",
    metadata: { sling: { dispatch_failures: 3, last_failure: expect.stringContaining("no-such-runtime") } },
  });
  const told = await access.ledger.find({ type: "message", titleContains: "REDISPATCH_FAILED" });
  expect(told).toMatchObject([{ title: `REDISPATCH_FAILED: ${broken} (3 attempts)`, assignee: "mayor/" }]);
}, 180_000);

test("with direct slings only returned work is started; what is left over is named", async () => {
  work.write("settings/config.json", { default_agent: "shell" });
  const left = await queue("left over", "web", 2);
  const back = await queue("came back", "web", 2, { reason: "rework" });
  const ran = await work.gt(["scheduler", "run", "--json"]);
  expect(ran.json()).toMatchObject({ started: [{ bead: back }], left_over: [left] });
}, 120_000);

/** A host in this process that believes a limit sooner than the real one. */
async function quickHost(): Promise<HostServer> {
  return HostServer.start({
    paths: work.town.paths,
    clock: systemClock,
    times: { gracefulMs: 500, terminateMs: 500, limitConfirmMs: 200 },
    log: () => {},
    openLedger: async () => (await work.access()).ledger,
    verifyStart: () => ({ afterMs: 60_000, retries: 0 }),
    onEvent: () => {},
  });
}

test("a session that runs into a limit closes its account until its time: others go on, another login is taken, nothing counts as a failure (05 §12.24)", async () => {
  const host = await quickHost();
  try {
    // A CLI of Claude's manners: on its first account it shows the provider's notice, on the other one it waits for input.
    work.write(
      "claude",
      `#!/bin/sh
echo "$GT_BEAD $GT_ACCOUNT" >> "$GT_TOWN_ROOT/started"
printf '❯ '
[ "$GT_ACCOUNT" = b ] || { sleep 1; printf "\\nYou've hit your session limit · resets in 2h 10m\\n❯ "; }
sleep 1000
`,
    );
    chmodSync(join(work.root, "claude"), 0o755);
    work.write("settings/config.json", {
      ...{ default_agent: "shell", scheduler: { max_polecats: 9, batch_size: 1 } },
      agents: { cli: { provider: "claude", command: join(work.root, "claude") } },
    });
    for (const handle of ["a", "b"])
      await addAccount(work.town, {
        ...{ handle, provider: "claude", email: "", description: "", env: { HOME: work.root } },
      });
    const started = async () => (await dispatchQueued(access)).started.map(({ bead }) => bead);
    const first = await queue("first", "web", 0, { agent: "cli" });
    expect(await started()).toEqual([first]);
    const sessions = await access.host({ start: false });
    await waitFor(async () => (await sessions.list()).some(({ phase }) => phase === "limited"), {
      ...{ timeoutMs: 30_000, what: "the limit" },
    });

    const insists = await queue("insists on the first account", "web", 0, { agent: "cli", account: "a" });
    const other = await queue("takes any account", "web", 1, { agent: "cli" });
    const free = await queue("another runtime", "web", 2);
    expect([await started(), await started(), await started()]).toEqual([[other], [free], []]);
    const wasStarted = readFileSync(join(work.root, "started"), "utf8");
    expect(wasStarted).toBe(`${first} a\n${other} b\n`);
    const status = (await work.gt(["scheduler", "status", "--json"])).json<{
      rate_limits: { until: string }[];
    }>();
    expect(status.rate_limits).toMatchObject([{ account: "cli@a", closed: true }]);
    expect(readEvents(work.town.paths.events, { filter: { types: ["rate_limited"] } })).toHaveLength(1);

    const direct = await work.bead(access, "slung meanwhile");
    const slung = await work.gt(["sling", direct.id, "web", "--agent", "cli", "--account", "a"]);
    expect(slung.stdout + slung.stderr).toContain("rate limited until");
    const [waiting] = (await openContexts(access.ledger, direct.id)).contexts;
    expect(waiting).toMatchObject({
      reason: "rate_limit",
      not_before: Date.parse(status.rate_limits[0]?.until ?? ""),
    });
    expect(waiting?.dispatch_failures ?? 0).toBe(0);

    // Its time has come.
    laterMs += 140 * minute;
    const [held] = await access.ledger.agents({ hookBead: first });
    await stopAgentSession(access, held?.address ?? "", "stopped", { force: true });
    expect(await started()).toEqual([insists]);
  } finally {
    await host.close({ force: true });
  }
}, 180_000);
