import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { readIdentity } from "../src/agents/daemon/daemon-state.ts";
import { townDown } from "../src/agents/daemon/town-down.ts";
import { townUp } from "../src/agents/daemon/town-up.ts";
import { listProcesses } from "../src/agents/sessions/process-tree.ts";
import { readRecords } from "../src/agents/sessions/session-records.ts";
import { WorkTown } from "../test/support/work-town.ts";

/**
 * A town with 50 quiet agents, its daemon and its host: how much of a core do the two use, and do they start any process?
 * The bar is 1 % and none (spec/04, issue "Lifecycle and the watch keepers"). Usage: node bench/idle-town.ts [seconds]
 */
const agents = 50;
const seconds = Number(process.argv[2] ?? 60);
const ticksPerSecond = 100;

const work = await WorkTown.create();
const access = await work.access();
await townUp(access);
const host = await access.host();
for (let number = 0; number < agents; number++) {
  const name = `quiet${number}`;
  const address = `web/polecats/${name}`;
  const cwd = join(work.rig().polecats, name, "web");
  mkdirSync(cwd, { recursive: true });
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
await pause(10_000);

const processes = { daemon: readIdentity(work.town)?.pid ?? 0, host: hostPid() };
const before = { daemon: cpu(processes.daemon), host: cpu(processes.host) };
const known = new Set(children());
const spawned = new Set<number>();
for (let second = 0; second < seconds; second++) {
  await pause(1000);
  for (const pid of children()) if (!known.has(pid)) spawned.add(pid);
}
const share = (name: "daemon" | "host"): number =>
  ((cpu(processes[name]).own - before[name].own) / ticksPerSecond / seconds) * 100;
const waited =
  cpu(processes.daemon).children -
  before.daemon.children +
  cpu(processes.host).children -
  before.host.children;
const shares = { daemon: share("daemon"), host: share("host") };
const total = shares.daemon + shares.host;
const alive = (await host.list()).filter((record) => record.phase !== "exited").length;

await townDown(access, { scope: "all", force: true });
await work.dispose();

process.stdout.write(
  [
    `idle town: ${alive} sessions, ${seconds} s`,
    `  daemon ${shares.daemon.toFixed(2)} % of a core, ${memory(before.daemon.pages)} MB`,
    `  host   ${shares.host.toFixed(2)} % of a core, ${memory(before.host.pages)} MB`,
    `  together ${total.toFixed(2)} % (bar: 1 %)`,
    `  processes started: ${spawned.size} seen, ${waited} ticks of CPU by children (bar: none)`,
    "",
  ].join("\n"),
);
process.exit(total <= 1 && spawned.size === 0 && waited === 0 && alive === agents ? 0 : 1);

function cpu(pid: number): { readonly own: number; readonly children: number; readonly pages: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const at = (field: number): number => fields[field - 3] ?? 0;
  return { own: at(14) + at(15), children: at(16) + at(17), pages: at(24) };
}

function memory(pages: number): string {
  return ((pages * 4096) / 1024 / 1024).toFixed(0);
}

function children(): readonly number[] {
  const parents = new Set([processes.daemon, processes.host]);
  return listProcesses()
    .filter((each) => parents.has(each.parent))
    .map((each) => each.pid);
}

function hostPid(): number {
  const [session] = readRecords(work.town.paths.sessions);
  return listProcesses().find((each) => each.pid === session?.pid)?.parent ?? 0;
}
