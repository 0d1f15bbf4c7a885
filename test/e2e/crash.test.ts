import { execFileSync, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startDaemon, stopDaemon } from "../../src/agents/daemon/daemon-control.ts";
import { identityFile } from "../../src/agents/daemon/daemon-state.ts";
import { findLeftovers } from "../../src/agents/daemon/town-down.ts";
import { openOperations } from "../../src/agents/lifecycle/operation-record.ts";
import { connectHost } from "../../src/agents/sessions/client.ts";
import type { SessionRecord } from "../../src/agents/sessions/session-host.ts";
import { readRecords } from "../../src/agents/sessions/session-records.ts";
import type { Ledger } from "../../src/core/ledger/ledger.ts";
import { crashPointsOf } from "../support/crash-points.ts";
import { cliEnv, runGt } from "../support/run-cli.ts";
import { type ScratchTown, scratchTown } from "../support/scratch-town.ts";
import { waitFor } from "../support/wait-for.ts";

/**
 * Kills with -9 whoever reaches a step of done and merge, starts again, and expects the state that an
 * undisturbed run leaves: every bead landed exactly once, nothing lost, nothing left over.
 */
const patient = { timeoutMs: 90_000 };
let town: ScratchTown;
let ledger: Ledger;

beforeEach(async () => {
  town = await scratchTown({
    rigs: [
      {
        name: "web",
        prefix: "web",
        gate: "test -s README.md",
        mergeQueue: { batch: { batch_wait_time: "0s" } },
      },
    ],
  });
  ledger = await town.ledger();
  // Commands are told to start nothing on the side, so that the test decides who lives.
  (await connectHost(town.town)).disconnect();
});

afterEach(async () => {
  await gt(["down", "--all", "--force"]);
  expect(await findLeftovers(town.town)).toEqual([]);
  await town.dispose();
}, 60_000);

const env = (extra: Record<string, string> = {}) => ({
  GT_NO_DAEMON: "1",
  XDG_STATE_HOME: join(town.outside, "state"),
  ...extra,
});
const gt = (args: readonly string[], extra: Record<string, string> = {}) =>
  runGt(args, { cwd: town.root, env: env(extra), timeoutMs: 90_000 });

/** A bead whose script makes one file, however often it runs. */
async function newBead(name: string, script = ""): Promise<string> {
  const { created } = await ledger.write("overseer", [
    {
      op: "create",
      bead: {
        title: `Make ${name}`,
        scope: "web",
        labels: ["runtime:shell"],
        description: `\`\`\`bash\n${script}\necho ${name} > ${name}.txt\n\`\`\`\n`,
      },
    },
  ]);
  return created[0] ?? "";
}

/** The state after an undisturbed run, for these beads and files. */
async function expectLanded(beads: ReadonlyMap<string, string>): Promise<void> {
  await waitFor(
    async () =>
      [...(await ledger.getMany([...beads.keys()])).values()].every((bead) => bead.status === "closed"),
    { ...patient, what: "all beads to land" },
  );
  await waitFor(async () => (await openOperations(ledger)).length === 0, {
    ...patient,
    what: "no open operation",
  });
  await waitFor(
    // A polecat that was only being made when its command died is gone again.
    async () =>
      (await ledger.agents({ role: "polecat" })).every((agent) => ["idle", "nuked"].includes(agent.state)),
    { ...patient, what: "idle polecats" },
  );
  const log = git("log", "--format=%s%n%b", "main");
  for (const [bead, name] of beads) {
    expect((await ledger.get(bead))?.closeReason, name).toMatch(/^Merged in /);
    expect(git("show", `main:${name}.txt`)).toBe(`${name}\n`);
    const commits = git("log", "--format=%H", "main", "--", `${name}.txt`).trim().split("\n");
    expect(commits, `${name} landed once`).toHaveLength(1);
    expect(log).toContain(bead);
  }
  for (const agent of await ledger.agents({ role: "polecat" })) expect(agent.hookBead).toBe("");
  const open = await ledger.find({ type: "merge-request", notStatus: "closed" });
  expect(open.map((mr) => mr.id)).toEqual([]);
}

const git = (...args: readonly string[]): string =>
  execFileSync("git", ["-C", town.origin("web"), ...args], { encoding: "utf8" });

test("an agent killed at any step of gt done: started again, its work lands exactly once", async () => {
  const beads = new Map<string, string>();
  for (const point of crashPointsOf("done")) {
    const name = point.replaceAll(".", "-");
    const bead = await newBead(name);
    beads.set(bead, name);
    const { code, stderr } = await gt(["sling", bead, "web"], { GT_TEST_CRASH: point });
    expect(code, stderr).toBe(0);
  }
  await waitFor(() => sessions().every((session) => session.phase === "exited"), {
    ...patient,
    what: "every agent to die at its step",
  });
  expect(
    sessions()
      .filter((session) => session.exitSignal !== 9)
      .map((session) => session.session),
  ).toEqual([]);
  await gt(["up"]);
  await expectLanded(beads);
}, 300_000);

test("the daemon killed at any step of a merge: started again, every branch lands exactly once", async () => {
  const beads = new Map<string, string>();
  for (const point of crashPointsOf("mq")) {
    const name = point.replaceAll(".", "-");
    const bead = await newBead(name);
    beads.set(bead, name);
    await gt(["sling", bead, "web"]);
    await waitFor(async () => (await ledger.get(bead))?.metadata["awaiting_merge"] !== undefined, {
      ...patient,
      what: `${name} in the queue`,
    });
    expect(await daemonUntilItDies(point), `the daemon reaches ${point}`).toBe("SIGKILL");
    // One death must not be enough to call the branch poison, so that each lands before the next daemon dies.
    rmSync(identityFile(town.town), { force: true });
    await startDaemon(town.town);
    await waitFor(async () => (await ledger.get(bead))?.status === "closed", {
      ...patient,
      what: `${name} to land`,
    });
    await stopDaemon(town.town);
  }
  await gt(["up"]);
  await expectLanded(beads);
}, 300_000);

test("agent, host and daemon killed in the middle of the work: everything goes on by itself", async () => {
  await gt(["up"]);
  const beads = new Map<string, string>();
  for (const name of ["one", "two", "three"]) {
    const bead = await newBead(name, "sleep 2");
    beads.set(bead, name);
    await gt(["sling", bead, "web"]);
  }
  const [victim] = sessions().filter((session) => session.phase !== "exited");
  if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
  process.kill(lockHolder("host"), "SIGKILL");
  process.kill(lockHolder("daemon"), "SIGKILL");
  await gt(["up"]);
  await expectLanded(beads);
}, 300_000);

const sessions = (): readonly SessionRecord[] => readRecords(town.town.paths.sessions);

const lockHolder = (name: string): number =>
  (JSON.parse(readFileSync(join(town.town.paths.locks, `${name}.lock.holder`), "utf8")) as { pid: number })
    .pid;

function daemonUntilItDies(point: string): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../dist/daemon.js"), town.root], {
    cwd: town.root,
    env: cliEnv(env({ GT_TEST_CRASH: point })),
    stdio: "ignore",
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGTERM"), 60_000);
    child.on("close", (_code, signal) => {
      clearTimeout(timer);
      resolve(signal);
    });
  });
}
