import { spawn } from "node:child_process";
import { hostname } from "node:os";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import type { DaemonContext } from "../../../src/agents/daemon/daemon-context.ts";
import { operationsDuty, resumesKey } from "../../../src/agents/daemon/duties/operations.ts";
import { resumeHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import { snapshotHook } from "../../../src/agents/lifecycle/rollback-hook.ts";
import { rebuildSandbox } from "../../../src/agents/patrols/rebuild-sandbox.ts";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";
import { tellOfOpenSlot } from "../../../src/agents/patrols/tell-of-open-slot.ts";
import { patrolRig } from "../../../src/agents/patrols/witness.ts";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import { addWorktree } from "../../../src/core/git/worktree.ts";
import { parseProtocol } from "../../../src/core/mail/protocol.ts";
import type { AgentPatch } from "../../../src/core/ledger/operation.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { commit as commitFiles, git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { allNudges } from "../../../src/agents/sessions/nudge-queue.ts";
import { isSameProcess, processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import { runGt } from "../../support/run-cli.ts";
import { WorkTown } from "../../support/work-town.ts";

const minute = 60_000;
const nux = "web/polecats/nux";
const branch = "polecat/nux/web-work@1";
let work: WorkTown;
let access: TownAccess;
let now = Date.now();
let bead = "";

// No session lives, and none is started: what is looked at here is what the Witness does by itself.
const host = {
  list: async () => [],
  get: async () => undefined,
  stop: async () => undefined,
} as unknown as SessionHost;

beforeEach(async () => {
  work = await WorkTown.create();
  access = { ...(await work.access("daemon", { now: () => now })), host: async () => host };
  bead = (await work.bead(access, "Work", "true")).id;
  const worktree = home();
  mkdirSync(join(worktree, ".."), { recursive: true });
  await addWorktree(work.rig().repository, worktree, { start: "origin/main", branch });
  await access.ledger.write("overseer", [
    {
      op: "ensureAgent",
      agent: { id: "web-polecat-nux", address: nux, role: "polecat", rig: "web", name: "nux" },
    },
  ]);
});
afterEach(() => work.dispose());

const home = () => join(work.rig().polecats, "nux", "web");
const inWorktree = (...args: readonly string[]) => git(home(), ...args);
const agent = () => access.ledger.agent(nux);
const findings = async () =>
  (await patrolRig(access, work.rig(), { budget: new StartBudget(0), report: (text) => told.push(text) }))
    .findings;
let told: string[] = [];
beforeEach(() => {
  told = [];
});

async function set(fields: AgentPatch): Promise<void> {
  await access.ledger.write("overseer", [{ op: "setAgent", address: nux, fields }]);
}

/** The polecat works on its bead and has committed something. */
async function working(file = "work.txt"): Promise<void> {
  const baseSha = work.git("web", "rev-parse", "origin/main");
  await access.ledger.write("overseer", [
    { op: "hook", address: nux, bead },
    { op: "setAgent", address: nux, fields: { state: "working", branch, baseBranch: "main", baseSha } },
  ]);
  commit(file);
}

const commit = (file: string) => commitFiles(home(), `Add ${file}`, { [file]: `${file}\n` });

const requests = () =>
  access.ledger.find({ type: "merge-request", notStatus: "closed", metadata: { "mr.source_issue": bead } });
const mails = (subject: string) => access.ledger.find({ type: "message", titleContains: subject });

test("W11: what an idle sandbox still holds is kept as snapshot and branch, once", async () => {
  await set({ state: "idle", branch, baseBranch: "main" });
  expect(await findings(), "one that holds nothing is looked through without a word").toBe(0);
  expect(told).toEqual([]);
  commit("left.txt");
  writeFileSync(join(home(), "draft.txt"), "half\n");
  expect(await findings()).toBe(1);
  const [snapshot = ""] = work.git("web", "for-each-ref", "--format=%(refname)", "refs/gt/hooks").split("\n");
  expect(work.git("web", "show", `${snapshot}:draft.txt`)).toBe("half");
  expect(git(work.origin("web"), "rev-parse", branch)).toBe(inWorktree("rev-parse", "HEAD"));
  expect(await findings()).toBe(0);
  commit("more.txt");
  expect(await findings()).toBe(1);
  expect(git(work.origin("web"), "rev-parse", branch)).toBe(inWorktree("rev-parse", "HEAD"));
  expect(await findings()).toBe(0);
  expect(readEvents(work.town.paths.events, { filter: { types: ["dirty_idle"] } }).length).toBe(2);
});

test("W18: a push that failed is tried again every five minutes; the mayor hears of the first, a person is asked after the fifth", async () => {
  await working();
  await set({ pushFailed: true });
  const away = `${work.origin("web")}.away`;
  renameSync(work.origin("web"), away);
  for (let attempt = 1; attempt <= 5; attempt++) {
    await findings();
    expect(told.join("\n")).toContain("cannot push");
    expect(await agent()).toMatchObject({ state: "working", hookBead: bead, pushFailed: true });
    now += 5 * minute;
  }
  expect(await mails("PUSH_FAILED")).toHaveLength(1);
  expect(await findings()).toBe(1);
  const [question] = await access.ledger.find({ type: "escalation" });
  expect(question?.title).toContain(nux);
  const [mail] = (await mails(`RECOVERY_NEEDED ${nux}`)).filter((each) => each.assignee === "mayor/");
  expect(mail?.description).toContain(`Branch: ${branch}`);
  expect(mail?.description).toContain("Cleanup Status: has_unpushed");
  renameSync(away, work.origin("web"));
}, 60_000);

test("W18: as soon as the remote is back the work is in the queue and the polecat free", async () => {
  await working();
  await set({ pushFailed: true });
  expect([await findings(), told]).toEqual([1, [expect.stringContaining("W18")]]);
  expect(await requests()).toHaveLength(1);
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "", pushFailed: false });
  expect(git(work.origin("web"), "log", "-1", "--format=%s", branch)).toBe("Add work.txt");
  expect(await findings(), "the freed sandbox holds nothing more").toBe(0);
});

test("W23: a bead that its dead agent had closed without gt done is handed in and open until it is merged", async () => {
  await working();
  await access.ledger.write(nux, [{ op: "close", id: bead, close: { reason: "done", force: true } }]);
  await findings();
  const [request] = await requests();
  expect(request?.metadata).toMatchObject({ mr: { branch } });
  expect(await access.ledger.get(bead)).toMatchObject({ status: "in_progress" });
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "" });
  const resumed = readEvents(work.town.paths.events, { filter: { types: ["done_resumed"] } });
  expect(resumed).toMatchObject([{ source: "daemon", payload: { agent: nux, bead } }]);
});

test("W17: an agent whose finished work was recorded is set free", async () => {
  await working();
  await set({ exitType: "COMPLETED", completionTime: now + 1, state: "done" });
  await findings();
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "", hookState: "completed" });
});

test("W1, W12: work that somebody has merged meanwhile is closed, whether its agent is dead or gone", async () => {
  await working();
  inWorktree("push", "-q", "origin", "HEAD:main");
  work.git("web", "fetch", "-q", "origin");
  now += minute;
  await findings();
  expect(await access.ledger.get(bead)).toMatchObject({ status: "closed", assignee: "" });
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "" });

  const second = (await work.bead(access, "Second", "true")).id;
  await set({ state: "nuked", branch: `polecat/nux/${second}@2`, hookState: "archived" });
  work.git("web", "branch", `polecat/nux/${second}@2`, "origin/main");
  await access.ledger.write("overseer", [
    { op: "update", id: second, fields: { status: "in_progress", assignee: nux } },
  ]);
  await findings();
  expect(await access.ledger.get(second)).toMatchObject({ status: "closed" });
});

test("W20: a bead of a mountain that keeps killing its agent is tried again by another one, then skipped; nobody is stuck", async () => {
  await working();
  await access.ledger.write("overseer", [
    {
      op: "create",
      bead: { id: "hq-cv-everest", title: "Everest", scope: "town", type: "convoy", labels: ["mountain"] },
    },
    { op: "addDependency", edge: { from: "hq-cv-everest", to: bead, type: "tracks" } },
  ]);
  const seq = (await agent())?.hookSeq ?? 0;
  const restartedAt = [now - 3000, now - 2000, now - 1000];
  await access.ledger.write("daemon", [
    {
      op: "putRow",
      table: "patrols",
      key: `worker:${nux}`,
      value: { seq, restarts: { restartedAt }, acted: {}, losses: 0 },
    },
  ]);
  now += 20_000;
  await findings();
  expect(told[0]).toBe(`W20 ${nux}: stuck`);
  expect(await access.ledger.get(bead)).toMatchObject({
    status: "open",
    assignee: "",
    labels: ["mountain:failures:1"],
    metadata: { prior_branch: branch },
  });
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "" });
  expect(git(work.origin("web"), "log", "-1", "--format=%s", branch), "its work is kept").toBe(
    "Add work.txt",
  );
  expect(await access.ledger.find({ type: "escalation" })).toEqual([]);
  expect(readEvents(work.town.paths.events, { filter: { types: ["crash_loop"] } })).toHaveLength(1);
});

test("W20: without a mountain it is stuck with its work as it is, and the mayor is told in the words of the protocol", async () => {
  await working();
  const seq = (await agent())?.hookSeq ?? 0;
  await access.ledger.write("daemon", [
    {
      op: "putRow",
      table: "patrols",
      key: `worker:${nux}`,
      value: { seq, restarts: { restartedAt: [now - 3, now - 2, now - 1] }, acted: {}, losses: 0 },
    },
  ]);
  now += 20_000;
  await findings();
  expect(await agent()).toMatchObject({ state: "stuck", hookState: "suspended", hookBead: bead });
  const [mail] = (await mails(`CRASH_LOOP: ${nux}`)).filter((each) => each.assignee === "mayor/");
  expect(mail?.description).toContain("Count: 3");
  expect(parseProtocol(mail?.title ?? "", mail?.description ?? "")).toMatchObject({ type: "CRASH_LOOP" });
  now += 60 * minute;
  expect(await findings(), "nothing starts it any more").toBe(0);
  work.write("settings/config.json", { sessions: { backend: "none" } });
  await resumeHook(access, nux);
  expect(await access.ledger.row("patrols", `worker:${nux}`), "1.4 row 14: counted anew").toBeUndefined();
  expect(await agent()).toMatchObject({ state: "working", hookState: "active" });
  expect((await agent())?.crashLoopSince).toBeUndefined();
});

test("W22: a request that lies for half an hour wakes the queue, after two hours somebody is told, each once", async () => {
  await access.ledger.write("overseer", [
    {
      op: "create",
      bead: {
        id: "web-mr-1",
        title: "Merge",
        scope: "web",
        type: "merge-request",
        metadata: { mr: { branch, rig: "web", phase: "ready", source_issue: bead } },
      },
    },
  ]);
  await set({ state: "nuked" });
  now += 29 * minute;
  expect(await findings()).toBe(0);
  now += 2 * minute;
  expect(await findings()).toBe(1);
  expect(await access.ledger.row("duties", "wake/web/refinery")).toBeDefined();
  expect(await findings()).toBe(0);
  now += 90 * minute;
  expect(await findings()).toBe(1);
  expect(await findings()).toBe(0);
  expect(await access.ledger.find({ type: "escalation" })).toMatchObject([
    { title: expect.stringContaining("web-mr-1"), metadata: { escalation: { severity: "medium" } } },
  ]);
  const stale = readEvents(work.town.paths.events, { filter: { types: ["stale_mr"] } });
  expect(stale.map(({ payload }) => [payload["mr"], payload["minutes"]])).toEqual([
    ["web-mr-1", 31],
    ["web-mr-1", 121],
  ]);
  await access.ledger.write("overseer", [
    { op: "close", id: "web-mr-1", close: { reason: "x", force: true } },
  ]);
  await findings();
  expect(await access.ledger.rows("patrols", { prefix: "request:" })).toEqual([]);
});

test("SLOT_OPEN: the mayor hears of a free polecat when there is work that nobody has planned, by mail once in ten minutes", async () => {
  const finished = async () => {
    now += minute;
    await set({ state: "idle", exitType: "COMPLETED", completionTime: now });
    await tellOfOpenSlot(access, work.rig());
  };
  await access.ledger.write("overseer", newConvoy({ title: "Planned", owner: "overseer", issues: [bead] }));
  await finished();
  expect(await mails("SLOT_OPEN"), "nothing is waiting for a plan").toEqual([]);
  await work.bead(access, "Unplanned", "true");
  await finished();
  await finished();
  expect(await mails("SLOT_OPEN")).toMatchObject([{ assignee: "mayor/", title: `SLOT_OPEN ${nux}` }]);
  now += 10 * minute;
  await tellOfOpenSlot(access, work.rig());
  expect(await mails("SLOT_OPEN"), "nobody has finished since").toHaveLength(1);
  await finished();
  expect(await mails("SLOT_OPEN")).toHaveLength(2);
  // Who has a session is told in it, and needs no mail (04 §9.4).
  const mayor = { get: async () => ({ phase: "working" }), deliver: async () => "queued" };
  access = { ...access, host: async () => mayor as unknown as SessionHost };
  now += 10 * minute;
  await finished();
  expect(await mails("SLOT_OPEN")).toHaveLength(2);
  expect(await allNudges(access.ledger)).toMatchObject([
    { to: "mayor/", message: expect.stringMatching(new RegExp(`^SLOT_OPEN ${nux}: web-\\w+ is ready$`)) },
  ]);
});

test("W4: a gt done whose process was killed is brought to its end without its agent, and that is told", async () => {
  await working();
  const env = { GT_ROLE: nux, GT_TEST_CRASH: "done.push.done", GT_NO_DAEMON: "1" };
  expect((await runGt(["done"], { cwd: home(), env })).code).not.toBe(0);
  expect(await requests()).toEqual([]);
  const log = { info: () => undefined, warn: (line: string) => told.push(line) };
  await operationsDuty({ ...access, log } as unknown as DaemonContext).run(new AbortController().signal);
  expect(told).toEqual([]);
  expect(await requests()).toHaveLength(1);
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "" });
  const resumed = readEvents(work.town.paths.events, { filter: { types: ["done_resumed"] } });
  expect(resumed).toMatchObject([{ payload: { agent: nux, bead } }]);
});

test("W4: a gt done that stands still for ten minutes is ended, and for one that cannot be resumed three times somebody is asked", async () => {
  await working();
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  onTestFinished(() => void child.kill("SIGKILL"));
  const subject = { agent: nux, bead, rig: "nowhere" };
  const times = { pidStartedAt: processStartTime(pid) ?? "", startedAt: now, updatedAt: now };
  const record = { id: "done-1", kind: "done", actor: nux, subject, pid, ...times, host: hostname() };
  await access.ledger.write(nux, [
    {
      op: "putRow",
      table: "operations",
      key: record.id,
      value: { ...record, step: "push", data: {}, error: null },
    },
  ]);
  const log = { info: () => undefined, warn: (line: string) => told.push(line) };
  const look = () =>
    operationsDuty({ ...access, log } as unknown as DaemonContext).run(new AbortController().signal);
  now += 10 * minute - 1;
  await look();
  expect(isSameProcess(pid, times.pidStartedAt)).toBe(true);
  now += 1;
  await look();
  await waitFor(() => !isSameProcess(pid, times.pidStartedAt), { what: "the process to end" });
  expect(told).toEqual([`gt done of ${nux} stands still at "push"; ending pid ${pid}`]);
  for (let round = 0; round < 4; round++) {
    await look();
    const failed = await access.ledger.row<{ count: number }>("patrols", resumesKey(record.id));
    expect(await mails(`RECOVERY_NEEDED ${nux}`)).toHaveLength((failed?.value.count ?? 0) < 3 ? 0 : 1);
  }
  const [mail] = await mails(`RECOVERY_NEEDED ${nux}`);
  expect(mail).toMatchObject({ assignee: "mayor/", priority: 1 });
  expect(mail?.description).toContain(`Issue: ${bead}`);
  expect(await agent(), "nothing is removed").toMatchObject({ state: "working", hookBead: bead });
});

test("W5: work whose bead somebody else closed is kept and its polecat free; what cannot be pushed is told to the mayor", async () => {
  await working();
  writeFileSync(join(home(), "draft.txt"), "half\n");
  const close = () =>
    access.ledger.write("overseer", [{ op: "close", id: bead, close: { reason: "no", force: true } }]);
  await close();
  await findings();
  expect(told[0]).toBe(`W5 ${nux}: release`);
  expect(await agent()).toMatchObject({ state: "idle", hookBead: "", hookState: "archived" });
  expect(git(work.origin("web"), "log", "-1", "--format=%s", branch)).toBe("Add work.txt");
  const [snapshot = ""] = work.git("web", "for-each-ref", "--format=%(refname)", "refs/gt/hooks").split("\n");
  expect(work.git("web", "show", `${snapshot}:draft.txt`)).toBe("half");

  bead = (await work.bead(access, "Other", "true")).id;
  await working("other.txt");
  const away = `${work.origin("web")}.away`;
  renameSync(work.origin("web"), away);
  await close();
  await findings();
  expect(await agent()).toMatchObject({ state: "stuck", hookBead: "" });
  const [mail] = (await mails(`RECOVERY_NEEDED ${nux}`)).filter((each) => each.assignee === "mayor/");
  expect(mail?.description).toContain("Cleanup Status: has_un");
  await findings();
  expect(await mails(`RECOVERY_NEEDED ${nux}`)).toHaveLength(1);
  renameSync(away, work.origin("web"));
}, 60_000);

test("W11: a branch that cannot be pushed three times is told to the mayor, once", async () => {
  await set({ state: "idle", branch, baseBranch: "main" });
  commit("left.txt");
  const away = `${work.origin("web")}.away`;
  renameSync(work.origin("web"), away);
  for (const asked of [0, 0, 1, 1]) {
    await findings();
    expect((await mails(`RECOVERY_NEEDED ${nux}`)).length).toBe(asked);
  }
  renameSync(away, work.origin("web"));
}, 60_000);

test("W12, scenario 19: a polecat of which neither sandbox nor session is left gives its bead back, and its name", async () => {
  await working();
  await access.ledger.write("daemon", [
    {
      op: "update",
      id: bead,
      fields: { metadata: { attachment: { attached_at: new Date(now).toISOString() } } },
    },
  ]);
  rmSync(join(home(), ".."), { recursive: true });
  now += minute;
  await findings();
  expect(told).toEqual([`W12 ${nux}: abandon`, `W12 ${bead}: recover`]);
  expect(await agent()).toMatchObject({ state: "nuked", hookBead: "" });
  expect(await access.ledger.get(bead)).toMatchObject({
    ...{ status: "open", assignee: "" },
    metadata: { prior_branch: branch, recovery: { respawns: 1, redispatches: 1 } },
  });
  expect(readEvents(work.town.paths.events, { filter: { types: ["bead_recovered"] } })).toHaveLength(1);
});

test("W15: a deleted or broken worktree stands again with its commits and the files of the newest snapshot", async () => {
  await working();
  writeFileSync(join(home(), "draft.txt"), "half\n");
  await snapshotHook(access, nux);
  const holder = await agent();
  if (holder === undefined) throw new Error("no agent");
  rmSync(home(), { recursive: true });
  await rebuildSandbox(access, holder);
  expect(inWorktree("log", "-1", "--format=%s")).toBe("Add work.txt");
  expect(inWorktree("status", "--porcelain")).toBe("?? draft.txt");

  writeFileSync(join(home(), ".git"), "gitdir: /nowhere\n");
  writeFileSync(join(home(), "later.txt"), "not in a snapshot\n");
  now += minute;
  expect(await findings(), "what is broken counts as gone").toBe(0);
  expect(told[0]).toMatch(/^W15 .*: restart failed/);
  expect(inWorktree("branch", "--show-current")).toBe(branch);
  const [aside = ""] = readdirSync(work.town.paths.lostAndFound);
  expect(readFileSync(join(work.town.paths.lostAndFound, aside, "later.txt"), "utf8")).toContain("not in");
  const what = readEvents(work.town.paths.events, { filter: { types: ["sandbox_repaired"] } });
  expect(what.map(({ payload }) => payload["what"])).toEqual([
    expect.stringContaining("files are those of snapshot 1"),
    expect.stringContaining("lost+found"),
  ]);

  // Without the branch it stands where it began.
  rmSync(home(), { recursive: true });
  work.git("web", "worktree", "prune");
  work.git("web", "branch", "-D", branch);
  await rebuildSandbox(access, { ...holder, hookSeq: 99 });
  expect(inWorktree("rev-parse", "HEAD")).toBe(holder.baseSha);
}, 60_000);

test("W16: a session that no identity stands behind is ended after a minute, and only that run of it", async () => {
  const ended: unknown[] = [];
  const ghost = { session: "web-ghost", actor: "web/polecats/ghost", runId: "run-1", startedAt: now };
  const crew = { ...ghost, session: "web-crew-sam", actor: "web/crew/sam", role: "crew" };
  const own = access;
  access = {
    ...own,
    host: async () =>
      ({
        ...host,
        list: async () => [{ ...ghost, role: "polecat", rig: "web", phase: "working" }, crew],
        stop: async (...what: readonly unknown[]) => void ended.push(what),
      }) as unknown as SessionHost,
  };
  now += minute - 1;
  await findings();
  expect(ended).toEqual([]);
  now += 1;
  const budget = new StartBudget(0);
  const seen = await patrolRig(access, work.rig(), {
    budget,
    permits: ({ detection }) => detection !== "W16",
  });
  expect([seen.findings, ended], "who only looks ends nothing").toEqual([0, []]);
  await findings();
  expect(ended).toEqual([["web-ghost", { reason: "killed", runId: "run-1", why: "ghost" }]]);
});
