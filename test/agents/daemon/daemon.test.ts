import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { Daemon } from "../../../src/agents/daemon/daemon.ts";
import {
  daemonStatus,
  ensureDaemon,
  startDaemon,
  stopDaemon,
} from "../../../src/agents/daemon/daemon-control.ts";
import { openDaemonLog } from "../../../src/agents/daemon/daemon-log.ts";
import { identityFile } from "../../../src/agents/daemon/daemon-state.ts";
import { estop, thaw } from "../../../src/agents/daemon/estop.ts";
import { readDesired, writeDesired } from "../../../src/agents/daemon/desired-state.ts";
import { findLeftovers } from "../../../src/agents/daemon/orphans.ts";
import { townDown } from "../../../src/agents/daemon/town-down.ts";
import { townShutdown } from "../../../src/agents/daemon/town-shutdown.ts";
import { townUp } from "../../../src/agents/daemon/town-up.ts";
import { addCrew, startCrew } from "../../../src/agents/lifecycle/crew.ts";
import { resumeHook } from "../../../src/agents/lifecycle/suspend-hook.ts";
import { sling } from "../../../src/agents/lifecycle/sling.ts";
import { isSameProcess, processStartTime } from "../../../src/agents/sessions/process-identity.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import type { TownAccess } from "../../../src/agents/town-access.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { listSnapshots } from "../../../src/core/git/list-snapshots.ts";
import { lockHolder } from "../../../src/core/lock/lock.ts";
import { cliEnv, runGt } from "../../support/run-cli.ts";
import { openTerminal } from "../../support/terminal.ts";
import { readEvents } from "../../../src/core/events/read-events.ts";
import { waitFor } from "../../support/wait-for.ts";
import { WorkTown } from "../../support/work-town.ts";

const slow = { timeoutMs: 30_000 };
let work: WorkTown;
let access: TownAccess;

beforeEach(async () => {
  work = await WorkTown.create();
  work.wantUp();
  access = await work.access();
});

afterEach(async () => {
  await writeDesired(work.town, "down", "overseer");
  await stopDaemon(work.town, { force: true });
  await work.dispose();
});

const identity = () =>
  JSON.parse(readFileSync(identityFile(work.town), "utf8")) as { pid: number; startedAt: string };

async function session(name: string): Promise<SessionRecord | undefined> {
  const host = await access.host({ start: false }).catch(() => undefined);
  const record = await host?.get(name);
  return record === undefined || record.phase === "exited" ? undefined : record;
}

/** What the run of an agent has been given; nothing until it has written all of it. */
function environmentOf(agent: string, run: string): ReadonlyMap<string, string> | undefined {
  const file = join(work.root, agent, "web", "env.txt");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const env = new Map(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  return env.get("GT_RUN") === run && env.has("GT_SESSION") ? env : undefined;
}

/** A polecat that works until it is told to go on; every run writes a line. */
async function slingEndless(
  title: string,
): Promise<{ readonly agent: string; readonly session: string; readonly bead: string }> {
  const bead = await work.bead(access, title, "echo run >> runs\nenv > env.txt\nsleep 1000");
  const [dispatch] = (await sling(access, { words: [bead.id, "web"], options: {} })).dispatched;
  return { agent: dispatch?.agent ?? "", session: dispatch?.session ?? "", bead: bead.id };
}

test("a town has one daemon; it ends within seconds of SIGTERM and another one may start", async () => {
  const first = await startDaemon(work.town);
  expect(daemonStatus(work.town)).toMatchObject({ isRunning: true, pid: first.pid });
  await expect(Daemon.start(work.town, openDaemonLog(join(work.root, "second.log")))).rejects.toMatchObject({
    code: "E_DAEMON_RUNNING",
    message: expect.stringContaining(String(first.pid)),
  });
  // Whoever clears what may be cleared at any moment gets no second one either.
  rmSync(work.town.paths.runtime, { recursive: true });
  const again = { ...slow, what: "the daemon to take its lock again" };
  await waitFor(() => daemonStatus(work.town).isRunning, again);
  expect(lockHolder(work.town.paths.locks, "daemon")?.pid).toBe(first.pid);
  const began = Date.now();
  expect(await stopDaemon(work.town)).toBe(true);
  expect(Date.now() - began).toBeLessThan(10_000);
  expect(existsSync(identityFile(work.town))).toBe(false);
  expect(await stopDaemon(work.town)).toBe(false);
  const told = (await readEvents(work.town.paths.events, {})).filter(({ type }) =>
    type.startsWith("daemon_"),
  );
  expect(told.map(({ type, visibility }) => [type, visibility])).toEqual([
    ["daemon_started", "audit"],
    ["daemon_stopped", "audit"],
  ]);
});

test("a daemon in the foreground reads its settings at SIGHUP, mail at SIGUSR1, and ends well at SIGTERM", async () => {
  const gt = join(import.meta.dirname, "../../../bin/gt");
  const child = spawn(process.execPath, [gt, "daemon", "run"], {
    ...{ cwd: work.root, env: cliEnv() },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const hears = (text: string) => waitFor(() => said.includes(text), { ...slow, what: text });
  await hears("started for");
  const second = await runGt(["daemon", "run"], { cwd: work.root });
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`(pid ${child.pid})`) });
  child.kill("SIGHUP");
  await hears("settings, rigs and stops are read anew");
  child.kill("SIGUSR1");
  await hears("the mail of roles that run as code is read now");
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  expect(said).toContain("daemon stopped");
  expect(daemonStatus(work.town).isRunning).toBe(false);
});

test("a command that changes work starts the daemon, but not in a town that is down or where it is forbidden", async () => {
  await writeDesired(work.town, "down", "overseer");
  expect(await ensureDaemon(work.town, {})).toEqual({ kind: "down" });
  await writeDesired(work.town, "up", "overseer");
  expect(await ensureDaemon(work.town, { GT_NO_DAEMON: "1" })).toEqual({ kind: "forbidden" });
  expect((await ensureDaemon(work.town, { PATH: process.env["PATH"] })).kind).toBe("started");
  expect((await ensureDaemon(work.town, {})).kind).toBe("running");
});

test("an agent that is killed is started again with the same hook, and losing the host is no crash", async () => {
  // Whoever starts the daemon may sit inside an agent's shell: nothing of that reaches another agent.
  const hostile = { CLAUDECODE: "1", GT_ROLE: "mayor", GT_RUN: "mine", GIT_DIR: "/x", CI: "1" };
  await startDaemon(work.town, { ...process.env, ...hostile, NODE_OPTIONS: "--trace-warnings" });
  await townUp(access);
  const { agent, session: name, bead } = await slingEndless("Endless");
  const first = await waitFor(() => session(name), { ...slow, what: "the first session" });
  process.kill(first.pid, "SIGKILL");
  const second = await waitFor(
    async () => {
      const now = await session(name);
      return now !== undefined && now.runId !== first.runId ? now : undefined;
    },
    { ...slow, what: "the second session" },
  );
  expect(await access.ledger.agent(agent)).toMatchObject({ state: "working", hookBead: bead, restarts: 1 });
  expect(second.topic).toBe(`recovery:${bead}`);
  const [kept] = await listSnapshots(work.rig().repository, agent.slice("web/".length));
  expect(kept?.reason).toBe("session-end");
  const told = (type: string, run: string) => (line: string) =>
    line.includes(`"type":"${type}"`) && line.includes(run);
  const readLog = () => readFileSync(work.town.paths.events, "utf8").split("\n");
  // It is written once the session runs.
  await waitFor(() => readLog().some(told("session_start", second.runId)), slow);
  const log = readLog();
  const death = log.findIndex(told("session_death", first.runId));
  expect(log[death]).toContain('"reason":"killed"');
  expect(log[death]).toContain('"exit_code":137');
  const crash = log.find((line) => line.includes(`CRASHED_POLECAT: ${agent}`));
  expect(JSON.parse(crash ?? "{}")).toMatchObject({
    ...{ type: "protocol", visibility: "audit", source: "daemon" },
    payload: { to: "web/witness", fields: { Polecat: agent, Hook: bead, "Exit-Code": 137 } },
  });
  const restarted = log.find((line) => line.includes('"type":"agent_restarted"'));
  expect(JSON.parse(restarted ?? "{}")).toMatchObject({
    payload: { agent, bead, attempt: 1, reason: expect.stringMatching(/^killed by signal|^exited/) },
  });
  expect(log.findIndex(told("session_start", second.runId))).toBeGreaterThan(death);
  const env = await waitFor(() => environmentOf(agent, second.runId), { ...slow, what: "its environment" });
  for (const name of ["CLAUDECODE", "GIT_DIR", "CI", "NODE_OPTIONS"]) expect(env.has(name), name).toBe(false);
  expect(Object.fromEntries(env)).toMatchObject({
    ...{ GT_ROLE: agent, BD_ACTOR: agent, GIT_AUTHOR_NAME: agent, GT_SESSION: name },
    GIT_CEILING_DIRECTORIES: work.root,
  });

  const host = readHostPid();
  process.kill(host, "SIGKILL");
  await waitFor(
    async () => {
      const now = await session(name);
      return now !== undefined && now.runId !== second.runId;
    },
    { ...slow, what: "the session after the loss of the host" },
  );
  const memory = await access.ledger.row<{ restarts: { restartedAt: number[] }; losses: number }>(
    "patrols",
    `worker:${agent}`,
  );
  expect(memory?.value).toMatchObject({ losses: 1, restarts: { restartedAt: [expect.any(Number)] } });
}, 120_000);

test("a daemon that is killed comes back by itself, disturbs no agent, and ends what killed commands have begun (§13.5, 12, 23)", async () => {
  await townUp(access);
  const { session: name } = await slingEndless("Goes on");
  const before = await waitFor(() => session(name), { ...slow, what: "the session" });
  const killed = async (title: string, script: string, at: string): Promise<string> => {
    const { id } = await work.bead(access, title, script);
    const env = { GT_NO_DAEMON: "1", GT_TEST_CRASH: at };
    await runGt(["sling", id, "web"], { cwd: work.root, env });
    return id;
  };
  const first = identity();
  process.kill(first.pid, "SIGKILL");
  const undone = await killed("Undone", "sleep 1000", "sling.worktree.done");
  const resumed = await killed("Resumed", "sleep 1000", "sling.session");
  const handedIn = await killed("Handed in", "echo work > work.txt", "done.push");
  const isNew = () => daemonStatus(work.town).isRunning && identity().pid !== first.pid;
  await waitFor(isNew, { ...slow, what: "a daemon that nobody has started" });
  expect(readFileSync(join(work.root, "logs/host.log"), "utf8")).toContain("the daemon is gone");
  const during = await killed("Under a living daemon", "sleep 1000", "sling.worktree.done");

  const settled = async () => (await access.ledger.rows("operations")).length === 0;
  await waitFor(settled, { ...slow, what: "no open operation" });
  for (const id of [undone, during]) {
    expect(await access.ledger.get(id)).toMatchObject({ status: "open", assignee: "" });
    expect(work.git("web", "for-each-ref", `refs/heads/polecat/*/${id}@*`)).toBe("");
  }
  const holders = await access.ledger.agents({ hookBead: resumed });
  expect(holders).toMatchObject([{ state: "working" }]);
  const sessions = (await (await access.host()).list()).filter(({ phase }) => phase !== "exited");
  expect(sessions.filter(({ bead }) => bead === resumed)).toHaveLength(1);
  const merging = async () => (await access.ledger.get(handedIn))?.metadata["awaiting_merge"] !== undefined;
  await waitFor(
    async () => (await merging()) || (await access.ledger.get(handedIn))?.status === "closed",
    slow,
  );
  expect(await session(name)).toMatchObject({ runId: before.runId, pid: before.pid });
}, 120_000);

test("an agent that keeps dying is given up, and nothing starts it until its hook is resumed", async () => {
  const { agent, bead } = await slingEndless("Dies");
  const now = Date.now();
  await access.ledger.write("daemon", [
    {
      op: "putRow",
      table: "patrols",
      key: `worker:${agent}`,
      value: {
        seq: 1,
        restarts: { restartedAt: [now - 3000, now - 2000, now - 1000] },
        acted: {},
        losses: 0,
      },
    },
  ]);
  await townUp(access);
  const record = await waitFor(() => session("web-" + agent.split("/").at(-1)), slow);
  process.kill(record.pid, "SIGKILL");
  await waitFor(async () => (await access.ledger.agent(agent))?.state === "stuck", {
    ...slow,
    what: "giving up",
  });
  expect(await access.ledger.agent(agent)).toMatchObject({ hookBead: bead, hookState: "suspended" });
  const again = await resumeHook(access, agent);
  expect(await session(again?.session ?? "")).toMatchObject({ bead });
}, 120_000);

test("gt down --all leaves nothing of ours running, touches nobody else, and gt up --restore goes on", async () => {
  const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
    cwd: work.root,
    stdio: "ignore",
  });
  onTestFinished(() => void stranger.kill("SIGKILL"));
  await waitFor(() => processStartTime(stranger.pid ?? 0));

  await townUp(access);
  const { agent, session: name } = await slingEndless("Paused");
  const record = await waitFor(() => session(name), slow);
  const daemon = identity();

  const report = await townDown(access, { scope: "all", force: true });
  expect(report.leftovers).toEqual([]);
  expect(report.services.every((service) => service.ok)).toBe(true);
  expect(isSameProcess(daemon.pid, daemon.startedAt)).toBe(false);
  expect(isSameProcess(record.pid, record.pidStartedAt)).toBe(false);
  expect(findLeftovers(work.town)).toEqual([]);
  expect(processStartTime(stranger.pid ?? 0)).toBeDefined();
  expect(await access.ledger.agent(agent)).toMatchObject({ state: "paused", hookState: "suspended" });

  access = await work.access();
  const services = await townUp(access, { restore: true });
  expect(services.filter((service) => !service.ok)).toEqual([]);
  const restored = await waitFor(() => session(name), slow);
  expect(restored.phase).not.toBe("exited");
  expect(await access.ledger.agent(agent)).toMatchObject({ state: "working", hookState: "active" });

  // Both watch keepers killed at once: the next command that changes work brings everything back.
  for (const pid of [identity().pid, readHostPid()]) process.kill(pid, "SIGKILL");
  await waitFor(() => !daemonStatus(work.town).isRunning, slow);
  expect(await runGt(["hook", agent], { cwd: work.root })).toMatchObject({ code: 0 });
  await waitFor(async () => ((await session(name))?.runId ?? restored.runId) !== restored.runId, {
    ...slow,
    what: "the session after the loss of both",
  });
}, 120_000);

test("a gt down that was killed on its way is ended by the daemon, its own end included", async () => {
  await townUp(access);
  const { agent, session: name } = await slingEndless("Going down");
  const record = await waitFor(() => session(name), slow);
  const daemon = identity();
  // All that gt down had done before it died.
  await writeDesired(work.town, "down", "overseer", systemClock, "all");
  await waitFor(async () => !isSameProcess(daemon.pid, daemon.startedAt), {
    ...slow,
    what: "the daemon's end",
  });
  expect(isSameProcess(record.pid, record.pidStartedAt)).toBe(false);
  expect(findLeftovers(work.town)).toEqual([]);
  expect(await access.ledger.agent(agent)).toMatchObject({ state: "paused", hookState: "suspended" });
  expect(readDesired(work.town)).toMatchObject({ state: "down", by: "overseer" });
  expect(readDesired(work.town).ending).toBeUndefined();
}, 120_000);

test("processes in the terminal where gt down --all --force is typed are none of its business", async () => {
  await townUp(access);
  const { session: name } = await slingEndless("Ours");
  const ours = await waitFor(() => session(name), slow);
  const gt = join(import.meta.dirname, "../../../bin/gt");
  // In the background, in the foreground's own group, and with a variable that looks like one of ours.
  const script = `sleep 987 & echo one=$!=
    (exec env GT_SESSION=${name} sleep 987) & echo two=$!=
    ${process.execPath} ${gt} down --all --force; echo code=$?=; read line`;
  using terminal = openTerminal("sh", ["-c", script], {
    cwd: work.root,
    env: { ...cliEnv(), TERM: "xterm-256color" },
    columns: 100,
    rows: 30,
  });
  await terminal.waitForText(/code=\d+=/, slow.timeoutMs);
  expect(terminal.screen).toContain("code=0=");
  const pids = ["one", "two"].map((word) => Number(new RegExp(`${word}=(\\d+)=`).exec(terminal.screen)?.[1]));
  for (const pid of pids) expect(processStartTime(pid)).toBeDefined();
  expect(isSameProcess(ours.pid, ours.pidStartedAt)).toBe(false);
  for (const pid of pids) process.kill(pid);
}, 120_000);

test("a shutdown ends the polecats or all but the crew or everything, and removes the sandboxes that hold nothing", async () => {
  work.write("settings/config.json", {
    default_agent: "shell",
    role_agents: { crew: "idler" },
    agents: {
      idler: {
        ...{ provider: "generic", command: "sh", prompt_mode: "none", ready_prompt: "> " },
        args: ["-c", "printf '> '; while read -r line; do printf '> '; done"],
      },
    },
  });
  work.write("web/settings/config.json", { merge_queue: { batch: { batch_wait_time: "0s" } } });
  await townUp(access);
  const finished = await work.bead(access, "Finished", "echo done > done.txt");
  const [first] = (await sling(access, { words: [finished.id, "web"], options: {} })).dispatched;
  await waitFor(async () => (await access.ledger.get(finished.id))?.status === "closed", {
    timeoutMs: 60_000,
  });
  await waitFor(async () => (await access.ledger.agent(first?.agent ?? ""))?.state === "idle", slow);
  await addCrew(access, work.rig(), "max", { ownBranch: false });
  const crew = await startCrew(access, "web/crew/max");
  const { agent, session: name } = await slingEndless("Unfinished");
  await waitFor(() => existsSync(join(work.root, agent, "web", "runs")), slow);
  // A run of this town of which no record is left, and one of another town.
  const [left, stranger] = [
    ["left", work.root],
    ["strange", join(work.root, "elsewhere")],
  ].map(([run, root]) =>
    spawn("sleep", ["600"], {
      env: { GT_RUN: `${run}-${process.pid}`, GT_TOWN_ROOT: root },
      stdio: "ignore",
    }),
  );
  onTestFinished(() => void stranger?.kill());
  const isAlive = (child: typeof left): boolean => child?.exitCode === null && child.signalCode === null;

  const only = await runGt(["shutdown", "--polecats-only", "-y", "--json"], { cwd: work.root });
  expect(only).toMatchObject({ code: 0 });
  const kept = [{ address: agent, reason: expect.stringContaining("uncommitted") }];
  expect(only.json()).toMatchObject({ success: true, kept: [], keptSandboxes: kept });
  expect(existsSync(join(work.root, agent, "web", "runs"))).toBe(true);
  expect(await session(name)).toBeUndefined();
  expect(await access.ledger.agent(agent)).toMatchObject({ state: "paused", hookState: "suspended" });
  expect(daemonStatus(work.town).isRunning).toBe(true);

  const report = await townShutdown(access, { scope: "without-crew", cwd: work.root, orphansGraceMs: 5000 });
  expect(report).toMatchObject({ kept: [crew.session], leftovers: [], keptSandboxes: kept });
  expect(report.services).toContainEqual(
    expect.objectContaining({ name: `run left-${process.pid}`, type: "process", ok: true }),
  );
  expect([isAlive(left), isAlive(stranger)]).toEqual([false, true]);
  expect(daemonStatus(work.town).isRunning).toBe(false);
  expect(await session(crew.session)).toMatchObject({ runId: crew.runId });

  const all = await townShutdown(access, { scope: "all", cwd: work.root, force: true, nuclear: true });
  expect(all).toMatchObject({ kept: [], leftovers: [], keptSandboxes: [], removed: [agent] });
  expect(findLeftovers(work.town)).toEqual([]);
}, 120_000);

test("what an agent writes is kept as a snapshot of its hook once it has settled", async () => {
  work.write("settings/config.json", {
    default_agent: "shell",
    operational: { snapshot: { quiet: "1s", min_gap: "1s" } },
  });
  await townUp(access);
  const bead = await work.bead(access, "Writes", "sleep 3; echo half > draft.txt; sleep 1000");
  await sling(access, { words: [bead.id, "web"], options: {} });
  const snapshots = () => work.git("web", "for-each-ref", "--format=%(refname)", "refs/gt/hooks");
  await waitFor(() => snapshots() !== "", { ...slow, what: "a snapshot" });
  expect(work.git("web", "show", `${snapshots().split("\n")[0]}:draft.txt`)).toBe("half");
}, 120_000);

test("a crew member's session that ends by itself leaves a snapshot of its files (04 §6.2, session-end)", async () => {
  work.write("settings/config.json", {
    default_agent: "shell",
    role_agents: { crew: "idler" },
    agents: { idler: { provider: "generic", command: "sleep", args: ["1000"] } },
  });
  await townUp(access);
  await addCrew(access, work.rig(), "max", { ownBranch: false });
  const crew = await startCrew(access, "web/crew/max");
  const clone = join(work.root, "web/crew/max");
  writeFileSync(join(clone, "draft.txt"), "half");
  process.kill(crew.pid, "SIGTERM");
  await waitFor(async () => (await listSnapshots(clone, "crew/max")).length > 0, {
    ...slow,
    what: "a snapshot",
  });
  expect(await listSnapshots(clone, "crew/max")).toMatchObject([{ reason: "session-end", branch: "main" }]);
}, 120_000);

test("an emergency stop freezes agents where they are and refuses work; thawing lets them go on", async () => {
  await townUp(access);
  const { agent, session: name, bead } = await slingEndless("Frozen");
  const record = await waitFor(() => session(name), slow);
  const state = () => readFileSync(`/proc/${record.pid}/stat`, "utf8").split(") ")[1]?.[0];

  expect(await estop(access, { reason: "wrong branch" })).toMatchObject({ sessions: [name], wasDone: false });
  await waitFor(() => state() === "T", { ...slow, what: "a stopped process" });
  expect(await access.ledger.agent(agent)).toMatchObject({ state: "paused", hookState: "suspended" });
  const other = await work.bead(access, "Other");
  await expect(sling(access, { words: [other.id, "web"], options: {} })).rejects.toMatchObject({
    code: "E_ESTOP",
  });
  expect(await estop(access, { reason: "again" })).toMatchObject({ wasDone: true });

  expect(await thaw(access)).toMatchObject({ sessions: [name], wasDone: false });
  await waitFor(() => state() !== "T", { ...slow, what: "a running process" });
  expect(await access.ledger.agent(agent)).toMatchObject({
    state: "working",
    hookState: "active",
    hookBead: bead,
  });
  expect(await session(name)).toMatchObject({ runId: record.runId });
  expect(await thaw(access)).toMatchObject({ wasDone: true });
}, 120_000);

function readHostPid(): number {
  const holder = JSON.parse(readFileSync(join(work.town.paths.locks, "host.lock.holder"), "utf8")) as {
    pid: number;
  };
  return holder.pid;
}
