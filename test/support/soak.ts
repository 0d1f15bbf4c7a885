import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { daemonStatus } from "../../src/agents/daemon/daemon-control.ts";
import { readIdentity } from "../../src/agents/daemon/daemon-state.ts";
import { townDown } from "../../src/agents/daemon/town-down.ts";
import { townUp } from "../../src/agents/daemon/town-up.ts";
import { openOperations } from "../../src/agents/lifecycle/operation-record.ts";
import { connectHost } from "../../src/agents/sessions/client.ts";
import { isSameProcess } from "../../src/agents/sessions/process-identity.ts";
import type { SessionHost } from "../../src/agents/sessions/session-host.ts";
import { readRecords } from "../../src/agents/sessions/session-records.ts";
import type { TownAccess } from "../../src/agents/town-access.ts";
import { systemClock } from "../../src/core/clock.ts";
import { newConvoy } from "../../src/core/convoys/new-convoy.ts";
import { runGit } from "../../src/core/git/git.ts";
import { isLocked } from "../../src/core/lock/lock.ts";
import { systemRandom } from "../../src/core/random.ts";
import { writeJsonFile } from "../../src/core/town/json-file.ts";
import { townSettingsFile } from "../../src/core/town/paths.ts";
import { type ScratchTown, scratchTown } from "./scratch-town.ts";

export interface SoakPlan {
  readonly beads: number;
  readonly rigs: readonly string[];
  /** How long somebody is killed every few seconds. */
  readonly killingMs: number;
  readonly betweenKillsMs: { readonly min: number; readonly max: number };
  /** Seconds of work per bead, in steps of one. */
  readonly steps: number;
  /** After the killing, so long until everything has landed or is escalated. */
  readonly patienceMs: number;
  readonly seed: number;
  readonly tell: (line: string) => void;
}

export interface SoakReport {
  readonly landed: number;
  /** Beads whose agent gave up: waiting for a person, with everything kept. */
  readonly escalated: number;
  readonly lost: readonly string[];
  readonly kills: { readonly agent: number; readonly daemon: number; readonly host: number };
  readonly leftovers: readonly string[];
  readonly unknownWorktrees: readonly string[];
  readonly twice: readonly string[];
}

/** Lets a town work while random processes of it are killed, and says what became of every bead. */
export async function soak(plan: SoakPlan): Promise<SoakReport> {
  const town = await scratchTown({
    rigs: plan.rigs.map((name) => ({
      name,
      prefix: name.slice(0, 2),
      gate: "test -s README.md",
      mergeQueue: { batch: { batch_wait_time: "0s" } },
    })),
  });
  try {
    return await run(town, plan);
  } finally {
    await town.dispose();
  }
}

async function run(town: ScratchTown, plan: SoakPlan): Promise<SoakReport> {
  await writeJsonFile(townSettingsFile(town.root), {
    type: "town-settings",
    version: 1,
    default_agent: "shell",
    convoy: { feed_grace: "1s", feed_max: 50 },
    operational: { polecat: { max_working: 60, max_dirs: 60 } },
  });
  const access = await openAccess(town);
  const beads = await writeBeads(access, plan);
  await townUp(access);

  const random = seeded(plan.seed);
  const kills = { agent: 0, daemon: 0, host: 0 };
  const end = Date.now() + plan.killingMs;
  while (Date.now() < end) {
    await pause(plan.betweenKillsMs.min + random() * (plan.betweenKillsMs.max - plan.betweenKillsMs.min));
    const victim = chooseVictim(town, random());
    if (victim !== undefined) {
      kills[victim.kind]++;
      process.kill(victim.pid, "SIGKILL");
      plan.tell(`killed ${victim.kind} ${victim.pid}`);
    }
    // With both gone nobody is left to notice: the next command of a person starts them.
    if (!daemonStatus(town.town).isRunning && !isLocked(town.town.paths.locks, "host")) await townUp(access);
  }

  await settle(town, access, beads, plan);
  const report = await judge(town, access, beads, kills);
  const { leftovers } = await townDown(access, { scope: "all", force: true });
  return { ...report, leftovers };
}

async function openAccess(town: ScratchTown): Promise<TownAccess> {
  let connected: SessionHost | undefined;
  return {
    town: town.town,
    ledger: await town.ledger(),
    clock: systemClock,
    random: systemRandom,
    actor: "overseer",
    host: async (options) => {
      if (connected !== undefined) return connected;
      const host = await connectHost(town.town, options);
      host.subscribe((event) => {
        if (event.type === "lost") connected = undefined;
      });
      connected = host;
      return host;
    },
  };
}

async function writeBeads(access: TownAccess, plan: SoakPlan): Promise<ReadonlyMap<string, string>> {
  const beads = new Map<string, string>();
  for (const rig of plan.rigs) {
    const names = Array.from({ length: plan.beads }, (_, number) => ({
      number,
      name: `work-${number}`,
    })).filter(({ number }) => plan.rigs[number % plan.rigs.length] === rig);
    const { named } = await access.ledger.write("overseer", [
      ...names.map(({ name }) => ({
        op: "create" as const,
        as: name,
        bead: {
          title: `Do ${name}`,
          scope: rig,
          labels: ["runtime:shell"],
          description: `\`\`\`bash\n: > ${name}.txt\nfor step in $(seq ${plan.steps}); do echo "$step" >> ${name}.txt; sleep 1; done\n\`\`\`\n`,
        },
      })),
      ...newConvoy({ title: `Soak ${rig}`, owner: "overseer", issues: names.map(({ name }) => `$${name}`) }),
    ]);
    for (const { name } of names) beads.set(named[name] ?? "", name);
  }
  return beads;
}

interface Victim {
  readonly kind: "agent" | "daemon" | "host";
  readonly pid: number;
}

/** Mostly agents; now and then the daemon or the host. */
function chooseVictim(town: ScratchTown, chance: number): Victim | undefined {
  const { paths } = town.town;
  if (chance < 0.15) {
    const identity = readIdentity(town.town);
    return identity !== undefined && isSameProcess(identity.pid, identity.startedAt)
      ? { kind: "daemon", pid: identity.pid }
      : undefined;
  }
  if (chance < 0.22 && isLocked(paths.locks, "host")) {
    const holder = JSON.parse(readFileSync(join(paths.locks, "host.lock.holder"), "utf8")) as { pid: number };
    return { kind: "host", pid: holder.pid };
  }
  const living = readRecords(paths.sessions).filter(
    (record) => record.phase !== "exited" && isSameProcess(record.pid, record.pidStartedAt),
  );
  const record = living[Math.floor(((chance - 0.22) / 0.78) * living.length)];
  return record === undefined ? undefined : { kind: "agent", pid: record.pid };
}

/** Until every bead has landed or its agent has given up, and no operation is open. */
async function settle(
  town: ScratchTown,
  access: TownAccess,
  beads: ReadonlyMap<string, string>,
  plan: SoakPlan,
): Promise<void> {
  const deadline = Date.now() + plan.patienceMs;
  for (;;) {
    if (!daemonStatus(town.town).isRunning) await townUp(access);
    const open = await unsettled(access, beads);
    if (open.length === 0 && (await openOperations(access.ledger)).length === 0) return;
    if (Date.now() > deadline) {
      plan.tell(`not settled in time: ${open.join(", ")}`);
      return;
    }
    await pause(1000);
  }
}

async function unsettled(access: TownAccess, beads: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const stuck = new Set((await access.ledger.agents({ state: "stuck" })).map((agent) => agent.hookBead));
  return [...(await access.ledger.getMany([...beads.keys()])).values()]
    .filter((bead) => bead.status !== "closed" && !stuck.has(bead.id) && bead.status !== "blocked")
    .map((bead) => bead.id);
}

async function judge(
  town: ScratchTown,
  access: TownAccess,
  beads: ReadonlyMap<string, string>,
  kills: SoakReport["kills"],
): Promise<Omit<SoakReport, "leftovers">> {
  const lost = await unsettled(access, beads);
  const twice: string[] = [];
  let landed = 0;
  for (const [id, name] of beads) {
    const bead = await access.ledger.get(id);
    if (bead?.status !== "closed") continue;
    const git = (...args: readonly string[]) => runGit(town.origin(bead.scope), [...args]);
    const commits = (await git("log", "--format=%H", "main", "--", `${name}.txt`)).trim().split("\n");
    if (commits.length === 1 && commits[0] !== "") landed++;
    else twice.push(`${id}: ${commits.length} commits`);
  }
  const known = new Set(
    (await access.ledger.agents({ role: "polecat" })).map((agent) => `${agent.rig}/${agent.name}`),
  );
  const unknownWorktrees: string[] = [];
  for (const rig of town.town.rigs()) {
    const list = await runGit(rig.repository, ["worktree", "list", "--porcelain"]);
    for (const [, path = ""] of list.matchAll(/^worktree (.+)$/gm)) {
      const name = path.startsWith(`${rig.polecats}/`)
        ? path.slice(rig.polecats.length + 1).split("/")[0]
        : undefined;
      if (name !== undefined && !known.has(`${rig.name}/${name}`)) unknownWorktrees.push(path);
    }
  }
  const escalated = beads.size - landed - lost.length - twice.length;
  return { landed, escalated, lost, kills, unknownWorktrees, twice };
}

/** Repeatable randomness between 0 and 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
