import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { branchesDuty } from "../../../src/agents/daemon/duties/branches.ts";
import { eventsDuty } from "../../../src/agents/daemon/duties/events.ts";
import { exportAtEnd, ledgerDuty } from "../../../src/agents/daemon/duties/ledger.ts";
import { FeedDuty } from "../../../src/agents/daemon/duties/feed.ts";
import { isMaintenanceDue, maintenanceDuty } from "../../../src/agents/daemon/duties/maintenance.ts";
import { operationsDuty } from "../../../src/agents/daemon/duties/operations.ts";
import { settleStates, statesDuty } from "../../../src/agents/daemon/duties/states.ts";
import { switchRole } from "../../../src/agents/patrols/role-switch.ts";
import { workInFlight } from "../../../src/agents/patrols/work-in-flight.ts";
import { orphansDuty } from "../../../src/agents/daemon/duties/orphans.ts";
import { isSameProcess, processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import {
  readLastScreen,
  readRecords,
  writeLastScreen,
  writeRecord,
} from "../../../src/agents/sessions/session-records.ts";
import { startAgentSession } from "../../../src/agents/sessions/start-session.ts";
import { parseDailyWindow } from "../../../src/core/town/daily-window.ts";
import { changeLocalProperty } from "../../../src/core/town/rig-properties.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { hostname } from "node:os";
import { spawn } from "node:child_process";
import { commit, git } from "../../support/scratch-repository.ts";
import { inOwnSession } from "../../support/own-session.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
let work: WorkTown;
let access: TownAccess;
let now = Date.now();
let told: string[] = [];
beforeEach(async () => {
  now = Date.now();
  told = [];
  work = await WorkTown.create();
  access = { ...(await work.access("daemon")), clock: { now: () => now } };
});
afterEach(() => work.dispose());

const context = (): DaemonContext =>
  ({
    ...access,
    log: { info: (line: string) => told.push(line), warn: (line: string) => told.push(line) },
    isOperational: () => true,
    wake: () => undefined,
  }) as unknown as DaemonContext;
const run = (duty: ReturnType<typeof eventsDuty>) => duty.run(new AbortController().signal);

test("the daily chores are due in their hour, once, and after a week whenever the machine is on", () => {
  const at = (text: string) => new Date(text).getTime();
  const window = (text: string) => parseDailyWindow(text) ?? { start: 0, end: 0 };
  const due = (time: string, last?: string, when = "03:00") =>
    isMaintenanceDue(at(time), last === undefined ? undefined : at(last), window(when));
  expect(due("2026-03-02T03:00")).toBe(true);
  expect(due("2026-03-02T02:59")).toBe(false);
  expect(due("2026-03-02T04:00")).toBe(false);
  expect(due("2026-03-02T03:30", "2026-03-02T03:05")).toBe(false);
  expect(due("2026-03-03T03:00", "2026-03-02T03:05")).toBe(true);
  expect(due("2026-03-09T15:00", "2026-03-02T15:00")).toBe(true);
  expect(due("2026-03-02T00:20", undefined, "23:30"), "an hour over midnight").toBe(true);
  const night = ["21:59", "22:00", "03:59", "04:00"].map((time) =>
    due(`2026-03-02T${time}`, undefined, "22:00-04:00"),
  );
  expect(night, "a window over midnight").toEqual([false, true, true, false]);
  expect(["24:00", "03:00-03:00", "3-4", "03:00-", "03:00-04:00-05:00"].map(parseDailyWindow)).toEqual(
    Array.from({ length: 5 }),
  );
});

test("a log that is too long is closed, and archives that nobody needs go", async () => {
  work.write("settings/config.json", { default_agent: "shell", events: { max_bytes: "1KB" } });
  const { events } = work.town.paths;
  writeFileSync(events, `${"x".repeat(2000)}\n`);
  const archives = join(work.root, "logs/events");
  mkdirSync(archives, { recursive: true });
  writeFileSync(join(archives, "20200101T000000000Z.jsonl"), "");
  await run(eventsDuty(context()));
  expect(existsSync(events)).toBe(false);
  expect(readdirSync(archives)).toEqual([expect.not.stringContaining("2020")]);
  const [archive = ""] = readdirSync(archives);
  expect(statSync(join(archives, archive)).size).toBe(2001);
});

test("the curated feed for readers outside goes on where an earlier daemon stopped, each event once", async () => {
  const { events, feed } = work.town.paths;
  const tell = (ids: readonly number[]) =>
    appendFileSync(
      events,
      ids
        .map((id) => ({
          ...{ ts: new Date(now + id * 60_000).toISOString(), source: "gt", type: "create", actor: "mayor/" },
          ...{ payload: { bead: `web-${id}`, title: `Bead ${id}` }, visibility: "feed", id: `e${id}` },
        }))
        .map((event) => `${JSON.stringify(event)}\n`)
        .join(""),
    );
  const told = () =>
    readFileSync(feed, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { readonly payload: { readonly bead: string } }).payload.bead)
      .filter((bead) => /^web-\d+$/.test(bead));
  tell([1, 2]);
  const first = new FeedDuty(context());
  expect(await run(first.duty)).toEqual({ againMs: 1000 });
  tell([3]);
  await run(first.duty);
  first.close();
  tell([4, 5]);
  const second = new FeedDuty(context());
  await run(second.duty);
  tell([5, 6]);
  await run(second.duty);
  expect(told()).toEqual(["web-1", "web-2", "web-3", "web-4", "web-5", "web-6"]);
  await run(second.duty);
  expect(await run(second.duty), "a quiet town is not looked at again").toEqual({});
  second.close();
});

test("D16: the ledger is committed to a repository of its own; a sudden loss is withheld, told, and believed when it lasts", async () => {
  const backup = join(work.root, "backup");
  work.write("settings/config.json", { default_agent: "shell", backup: { git_repo: "backup" } });
  const duty = ledgerDuty(context());
  const later = async () => {
    now += 15 * minute;
    await run(duty);
    return git(backup, "rev-list", "--count", "HEAD");
  };
  const lines = (file: string) => git(backup, "show", `HEAD:${file}`).split("\n").length;
  const made = await access.ledger.write(
    "overseer",
    Array.from({ length: 60 }, (_, n) => ({
      op: "create" as const,
      bead: { title: `Bead ${n}`, scope: "web", labels: ["a", "b"] },
    })),
  );
  await exportAtEnd(context());
  expect(await later()).toBe("1");
  // The rig's own bead is one of them.
  expect([lines("tables/issues.jsonl"), lines("tables/labels.jsonl"), lines("exports/web.jsonl")]).toEqual([
    61, 121, 61,
  ]);
  expect(await later(), "nothing has changed").toBe("1");
  await access.ledger.write("overseer", [{ op: "addLabel", id: made.created[0] ?? "", label: "c" }]);
  expect(await later()).toBe("2");
  await access.ledger.write("overseer", [{ op: "addLabel", id: made.created[1] ?? "", label: "c" }]);
  await run(duty);
  expect(git(backup, "rev-list", "--count", "HEAD"), "not so soon").toBe("2");
  await access.ledger.write(
    "overseer",
    made.created.slice(0, 50).map((id) => ({ op: "delete" as const, id, reason: "oops" })),
  );
  expect(await later()).toBe("2");
  expect(lines("tables/issues.jsonl"), "the last good one stays").toBe(61);
  expect((await access.ledger.find({ type: "escalation" })).map((each) => each.description)).toEqual([
    expect.stringContaining("tables/issues.jsonl 61 -> 11 lines"),
  ]);
  expect(await later(), "the same again").toBe("3");
  expect(git(backup, "ls-files")).not.toContain(".spike-counts.json");

  work.write("settings/config.json", { default_agent: "shell", backup: { git_repo: "web" } });
  await access.ledger.write("overseer", [{ op: "addLabel", id: made.created[55] ?? "", label: "c" }]);
  now += 15 * minute;
  await run(duty);
  expect(told.at(-1)).toContain("neither empty nor a git repository");
});

test("branches whose commits are safe go once an hour, others stay, and nothing is asked of git when nothing moved", async () => {
  const duty = branchesDuty(context());
  work.git("web", "branch", "polecat/nux/web-a@1", "origin/main");
  work.git(
    "web",
    "worktree",
    "add",
    "-q",
    "-b",
    "polecat/nux/web-b@2",
    join(work.root, "side"),
    "origin/main",
  );
  commit(join(work.root, "side"), "Own work", { "own.txt": "own\n" });
  work.git("web", "worktree", "remove", join(work.root, "side"));
  await run(duty);
  expect(told, "not at the start").toEqual([]);
  now += hour;
  await run(duty);
  expect(told).toEqual(["branches web: removed polecat/nux/web-a@1 (no commits)"]);
  expect(work.git("web", "branch", "--list", "polecat/*").trim()).toBe("polecat/nux/web-b@2");
  const { rev } = (await access.ledger.row("duties", "last/branches/web")) ?? { rev: 0 };
  now += hour;
  await run(duty);
  expect((await access.ledger.row("duties", "last/branches/web"))?.rev, "nothing moved").toBe(rev);
  work.git("web", "branch", "polecat/nux/web-c@3", "origin/main");
  await run(duty);
  expect(work.git("web", "branch", "--list", "*@3")).toBe("");
  work.git("web", "branch", "polecat/nux/web-d@4", "origin/main");
  now += 10 * minute;
  await run(duty);
  expect(work.git("web", "branch", "--list", "*@4"), "not yet").not.toBe("");
  work.write("mayor/daemon.json", { patrols: { branches: { interval: "10m" } } });
  await run(duty);
  expect(work.git("web", "branch", "--list", "*@4"), "the town may have it more often").toBe("");
});

test("7.4: the repository of a rig with a maintenance window is tended in that one alone, not while it merges", async () => {
  await changeLocalProperty(work.town, work.rig(), "maintenance_window", {
    value: "12:00-14:00",
    isBlocked: false,
  });
  // Its commit has landed, so that tending the repository drops it.
  const archive = "refs/gt/archive/polecats/nux/1";
  const isTendedAt = async (hours: number, date = 2): Promise<boolean> => {
    now = new Date(2026, 2, date, hours, 5).getTime();
    work.git("web", "update-ref", archive, "origin/main");
    await run(duty);
    return work.git("web", "for-each-ref", archive) === "";
  };
  const duty = maintenanceDuty(context());
  expect(await isTendedAt(3), "the town's window").toBe(false);
  expect(await access.ledger.row("duties", "last/maintenance"), "the rest of the town").toBeDefined();
  const merging = { id: "web-mr-1", title: "M", scope: "web", type: "merge-request" as const };
  await access.ledger.write("overseer", [
    { op: "create", bead: { ...merging, metadata: { mr: { phase: "running", rig: "web" } } } },
  ]);
  expect(await isTendedAt(12), "a merge runs").toBe(false);
  await access.ledger.write("overseer", [
    { op: "close", id: "web-mr-1", close: { reason: "x", force: true } },
  ]);
  expect(await isTendedAt(13), "its own window").toBe(true);
  expect(await isTendedAt(13), "once a day").toBe(false);
  expect(await isTendedAt(12, 3), "the next day").toBe(true);
});

test("maintenance runs in its hour, forgets gone agents, and waits while something is merged", async () => {
  now = new Date(2026, 2, 2, 3, 5).getTime();
  await access.ledger.write("overseer", [
    { op: "putRow", table: "patrols", key: "worker:web/polecats/gone", value: {} },
    { op: "putRow", table: "patrols", key: "resumes:done-x", value: { count: 3 } },
    {
      op: "create",
      bead: {
        id: "web-mr-1",
        title: "M",
        scope: "web",
        type: "merge-request",
        metadata: { mr: { phase: "running" } },
      },
    },
  ]);
  const bead = (await work.bead(access, "Held")).id;
  await access.ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "web-busy", address: "web/polecats/busy", role: "polecat", rig: "web", name: "busy" },
    },
    { op: "hook", address: "web/polecats/busy", bead },
  ]);
  for (const [name, ago] of [
    ["old", day + 1],
    ["late", day - 1],
    ["busy", 9 * day],
  ] as const) {
    const ended = { phase: "exited", endedAt: now - ago, pid: 1, actor: `web/polecats/${name}` } as const;
    writeRecord(work.town.paths.sessions, { session: `web-${name}`, ...ended } as SessionRecord);
    writeLastScreen(work.town.paths.sessions, `web-${name}`, ["bye"]);
  }
  const duty = maintenanceDuty(context());
  await run(duty);
  expect(await access.ledger.row("duties", "last/maintenance")).toBeUndefined();
  const log = join(work.town.paths.logs, "plugins", "tidy.log");
  mkdirSync(join(log, ".."), { recursive: true });
  writeFileSync(log, "x".repeat(10 * 1024 * 1024));
  const rows = Array.from({ length: 300 }, (_, at) => ({
    ...{ op: "putRow" as const, table: "patrols", key: `junk:${at}` },
    value: { text: "y".repeat(10_000) },
  }));
  await access.ledger.write("overseer", rows);
  await access.ledger.write(
    "overseer",
    rows.map(({ table, key }) => ({ op: "deleteRow" as const, table, key })),
  );
  const bytes = () => statSync(work.town.paths.ledger).size;
  await access.ledger.write("overseer", [
    { op: "close", id: "web-mr-1", close: { reason: "x", force: true } },
  ]);
  await run(duty);
  expect(await access.ledger.rows("patrols", { prefix: "worker:" })).toEqual([]);
  expect(await access.ledger.rows("patrols", { prefix: "resumes:" })).toEqual([]);
  expect(readRecords(work.town.paths.sessions).map(({ session }) => session)).toEqual([
    "web-busy",
    "web-late",
  ]);
  expect(readLastScreen(work.town.paths.sessions, "web-old")).toEqual([]);
  expect(bytes(), "what was deleted takes no room").toBeLessThan(2_000_000);
  expect([statSync(log).size, statSync(`${log}.1`).size]).toEqual([0, 10 * 1024 * 1024]);
  expect(told[0]).toContain("maintenance: dropped 0 snapshots");
  told = [];
  await run(duty);
  expect(told).toEqual([]);
  now += day;
  await run(duty);
  expect(told).toHaveLength(1);
});

test("1.3: the daemon keeps stored states true to hooks, sessions and loops, and writes nothing twice", async () => {
  const { ledger } = access;
  const rig = { rig: "web" } as const;
  const agent = (role: "crew" | "witness" | "refinery", name: string, state: "running" | "stopped") =>
    ledger.write("overseer", [
      {
        op: "ensureAgent",
        agent: {
          ...{ id: `web-${role}-${name}`, role, name, state, ...rig },
          address: role === "crew" ? `web/crew/${name}` : `web/${role}`,
        },
      },
    ]);
  await agent("crew", "sam", "running");
  await agent("crew", "max", "stopped");
  await agent("witness", "", "stopped");
  await agent("refinery", "", "running");
  const bead = (await work.bead(access, "Held")).id;
  await ledger.write("overseer", [
    { op: "hook", address: "web/crew/max", bead },
    switchRole("web/witness", true),
  ]);
  expect(await workInFlight(ledger), "crew keeps no patrol busy").toEqual([]);
  const states = async () =>
    Object.fromEntries((await ledger.agents(rig)).map(({ address, state }) => [address, state]));
  const duty = statesDuty(context());
  await run(duty);
  expect(await states()).toEqual({
    ...{ "web/crew/sam": "stopped", "web/crew/max": "working" },
    ...{ "web/witness": "stopped", "web/refinery": "running" },
  });
  await ledger.write("overseer", [
    { op: "close", id: bead, close: { reason: "x", force: true } },
    switchRole("web/witness", false),
  ]);
  await run(duty);
  expect(await states()).toMatchObject({ "web/crew/max": "stopped", "web/witness": "running" });
  const before = (await ledger.changes(0)).to;
  await run(duty);
  expect((await ledger.changes(0)).to).toBe(before);
  await settleStates(context(), { isEnding: true });
  expect(await states()).toMatchObject({ "web/witness": "stopped", "web/refinery": "stopped" });
});

test("W4: the process of a gt done that stands still for ten minutes is ended, one that goes on is not", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  try {
    const pid = child.pid ?? 0;
    const pidStartedAt = await waitFor(() => processStartTime(pid));
    const record = {
      id: "done-x",
      kind: "done",
      actor: "web/polecats/nux",
      subject: { agent: "web/polecats/nux", bead: "web-a", rig: "web" },
      ...{ pid, pidStartedAt, host: hostname(), startedAt: now, updatedAt: now, step: "idle" },
      ...{ data: {}, error: null },
    };
    await access.ledger.write("daemon", [
      { op: "putRow", table: "operations", key: "done-x", value: record },
    ]);
    const duty = operationsDuty(context());
    now += 10 * minute - 1;
    await run(duty);
    expect(isSameProcess(pid, pidStartedAt)).toBe(true);
    now += 1;
    await run(duty);
    await waitFor(() => !isSameProcess(pid, pidStartedAt), { what: "its end" });
    expect(told[0]).toContain('stands still at "idle"');
    // There is no such polecat, so that it cannot be ended in order: after the third time a person is asked, once.
    for (let time = 0; time < 5; time++) await run(duty);
    expect((await access.ledger.find({ type: "escalation" })).map((each) => each.title)).toEqual([
      expect.stringContaining("the gt done of web/polecats/nux cannot be ended"),
    ]);
  } finally {
    child.kill("SIGKILL");
  }
}, 60_000);

test("D14: what a session leaves behind is asked to end a minute later and killed after another; nobody else is touched", async () => {
  work.write("settings/config.json", {
    default_agent: "script",
    agents: {
      script: {
        provider: "generic",
        command: "sh",
        // Leaves its kernel session and ignores being asked.
        args: [
          "-c",
          `${inOwnSession('trap "" TERM HUP; echo $$ > left.pid; while :; do sleep 1; done', true)} & printf '> '; sleep 2`,
        ],
        prompt_mode: "arg",
        ready_prompt: "> ",
      },
    },
  });
  await access.ledger.write("overseer", [
    { op: "ensureAgent", agent: { id: "hq-mayor", address: "mayor/", role: "mayor", rig: "", name: "" } },
  ]);
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    cwd: work.root,
    stdio: "ignore",
  });
  try {
    await startAgentSession(access, { address: "mayor/", topic: "x" }).catch(() => undefined);
    const host = await access.host();
    await waitFor(async () => (await host.get("hq-mayor"))?.phase === "exited", { timeoutMs: 30_000 });
    const { readFileSync } = await import("node:fs");
    const left = Number(await waitFor(() => readFileSync(join(work.root, "mayor/left.pid"), "utf8").trim()));
    const isAlive = () => processStartTime(left) !== undefined;
    now = Date.now();
    const duty = orphansDuty(context());
    expect(await run(duty)).toEqual({ againMs: minute });
    expect(isAlive(), "not within the first minute").toBe(true);
    now += minute;
    await run(duty);
    expect(told.at(-1)).toContain("asked to end");
    expect(isAlive()).toBe(true);
    now += minute;
    await run(duty);
    await waitFor(() => !isAlive(), { what: "the end of the orphan" });
    expect(processStartTime(stranger.pid ?? 0)).toBeDefined();
    now += minute;
    await run(duty);
    expect(await run(duty), "nothing is left to look at").toEqual({});
  } finally {
    stranger.kill("SIGKILL");
  }
}, 60_000);
