import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readIdentity } from "../src/agents/daemon/daemon-state.ts";
import { townDown } from "../src/agents/daemon/town-down.ts";
import { townUp } from "../src/agents/daemon/town-up.ts";
import { listProcesses } from "../src/agents/sessions/process-tree.ts";
import { readRecords } from "../src/agents/sessions/session-records.ts";
import { waitFor } from "../test/support/wait-for.ts";
import { WorkTown } from "../test/support/work-town.ts";

export interface IdleReport {
  /** Sessions still alive at the end. */
  readonly sessions: number;
  /** Per cent of one core. */
  readonly daemon: number;
  readonly host: number;
  readonly daemonMb: number;
  readonly hostMb: number;
  /** Processes that daemon or host had started, seen once a second; and CPU ticks of children that have ended. */
  readonly started: number;
  readonly childTicks: number;
}

const agents = 50;
const settleMs = 10_000;
const ticksPerSecond = 100;

/** What a town with 50 quiet agents costs: its daemon and its host, for so many seconds. Linux only. */
export async function idleTown(seconds: number): Promise<IdleReport> {
  const work = await WorkTown.create();
  const access = await work.access();
  const exchanged = join(work.rig().repository, "refs/gt/beads-remote/origin");
  await townUp(access);
  const host = await access.host();
  for (let number = 0; number < agents; number++) {
    const name = `quiet${number}`;
    const address = `web/polecats/${name}`;
    const cwd = join(work.rig().polecats, name, "web");
    work.git("web", "worktree", "add", "--quiet", "--detach", cwd, "main");
    const bead = await work.bead(access, `Work ${number}`, "true", {
      metadata: { attachment: { attached_at: new Date().toISOString() } },
    });
    await host.spawn({
      ...{ session: `web-${name}`, actor: address, role: "polecat", rig: "web", name, agent: "quiet", cwd },
      argv: ["/bin/sh", "-c", "sleep 100000"],
      env: { PATH: process.env["PATH"] ?? "", GT_RUN: name },
      runId: name,
    });
    await access.ledger.write("overseer", [
      { op: "ensureAgent", agent: { id: `web-polecat-${name}`, address, role: "polecat", rig: "web", name } },
      { op: "hook", address, bead: bead.id },
      { op: "setAgent", address, fields: { state: "working" } },
    ]);
  }
  // Idle is a town that owes nothing: its first exchange of beads with the origin is over.
  await waitFor(async () => existsSync(exchanged), { timeoutMs: 180_000, what: "the first sync" });
  await pause(settleMs);

  const [session] = readRecords(work.town.paths.sessions);
  const pids = {
    daemon: readIdentity(work.town)?.pid ?? 0,
    host: listProcesses().find((each) => each.pid === session?.pid)?.parent ?? 0,
  };
  const before = { daemon: usage(pids.daemon), host: usage(pids.host) };
  const known = new Set(childrenOf(pids.daemon, pids.host));
  const started = new Set<number>();
  for (let second = 0; second < seconds; second++) {
    await pause(1000);
    for (const pid of childrenOf(pids.daemon, pids.host)) if (!known.has(pid)) started.add(pid);
  }
  const after = { daemon: usage(pids.daemon), host: usage(pids.host) };
  const share = (name: "daemon" | "host"): number =>
    ((after[name].own - before[name].own) / ticksPerSecond / seconds) * 100;
  const sessions = (await host.list()).filter((record) => record.phase !== "exited").length;

  await townDown(access, { scope: "all", force: true });
  await work.dispose();
  return {
    sessions,
    daemon: share("daemon"),
    host: share("host"),
    daemonMb: after.daemon.megabytes,
    hostMb: after.host.megabytes,
    started: started.size,
    childTicks: after.daemon.children - before.daemon.children + after.host.children - before.host.children,
  };
}

function usage(pid: number): { readonly own: number; readonly children: number; readonly megabytes: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const field = (number: number): number => fields[number - 3] ?? 0;
  return {
    own: field(14) + field(15),
    children: field(16) + field(17),
    megabytes: Math.round((field(24) * 4096) / 1024 / 1024),
  };
}

function childrenOf(...parents: readonly number[]): readonly number[] {
  return listProcesses()
    .filter((each) => parents.includes(each.parent))
    .map((each) => each.pid);
}
