import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type DaemonIdentity, readIdentity } from "../../../src/agents/daemon/daemon-state.ts";
import { connectHost } from "../../../src/agents/sessions/client.ts";
import { isSameProcess } from "../../../src/agents/sessions/process-identity.ts";
import { runsOf } from "../../../src/core/merge/run-record.ts";
import { pauseScheduler } from "../../../src/core/scheduler/pause.ts";
import { randomFrom } from "../../core/merge/history.ts";
import { cliEnv } from "../../support/run-cli.ts";
import { commit, git } from "../../support/scratch-repository.ts";
import { waitFor } from "../../support/wait-for.ts";
import { QueueTown } from "./queue-town.ts";

/** `npm run torture:refinery` plays the long one: 64 branches and a kill every two seconds. */
const size = Number(process.env["GT_SITTING"] ?? 12);
const culprits = Math.max(1, Math.round(size / 16));
const conflicts = Math.max(1, Math.round(size / 21));
const isLong = process.env["GT_SITTING"] !== undefined;
const maxKills = isLong ? Number.POSITIVE_INFINITY : 3;
const betweenKillsMs = isLong ? 2000 : 1000;
const seed = Number(process.env["GT_SEED"] ?? Date.now() % 100_000);
const program = join(import.meta.dirname, "../../../dist/daemon.js");

/** Fails the first time that it sees some trees: one in five. */
const flaky = `${isLong ? "sleep 0.7; " : ""}tree=$(git rev-parse HEAD^{tree}); sh gate.sh || exit 1
case $tree in [0-2]*) [ -e "$MARKS/$tree" ] || { mkdir -p "$MARKS"; touch "$MARKS/$tree"; echo flake; exit 1; };; esac`;

test(
  `${size} branches with culprits, conflicts, a flaky gate, a moving target and kills land in one sitting`,
  async () => {
    const random = randomFrom(seed);
    const town = await QueueTown.make({
      files: { "shared.txt": "nobody\n" },
      settings: { test_command: flaky, batch: { batch_wait_time: "0s" } },
    });
    const bad = new Set<number>();
    while (bad.size < culprits) bad.add(Math.floor(random() * size));
    const rivals = new Set<number>();
    while (rivals.size < conflicts + 1) {
      const index = Math.floor(random() * size);
      if (!bad.has(index)) rivals.add(index);
    }
    const requests: { readonly mr: string; readonly bead: string; readonly index: number }[] = [];
    for (let index = 0; index < size; index++) {
      const files = {
        [`f${index}.txt`]: bad.has(index) ? "bad\n" : "good\n",
        ...(rivals.has(index) ? { "shared.txt": `rival ${index}\n` } : {}),
      };
      requests.push({ ...(await town.submit(files, { title: `Change ${index}` })), index });
    }

    // Nobody works on what comes back here: only the queue is looked at.
    await town.ledger.write(
      "overseer",
      pauseScheduler({ by: "overseer", at: Date.now(), reason: "sitting" }),
    );
    onTestFinished(() => endHost(town));
    const started = Date.now();
    let kills = 0;
    let moves = 0;
    for (let isOver = false; !isOver; ) {
      const daemon = await startDaemon(town);
      const dies = kills < maxKills ? Date.now() + betweenKillsMs : Number.POSITIVE_INFINITY;
      do {
        await pause(50);
        isOver = await nothingMayRun(town);
        expect(Date.now() - started, `seed ${seed}: the sitting does not end`).toBeLessThan(size * 20_000);
      } while (!isOver && Date.now() < dies);
      process.kill(daemon.pid, isOver ? "SIGTERM" : "SIGKILL");
      await waitFor(() => !isSameProcess(daemon.pid, daemon.startedAt), {
        what: "its end",
        timeoutMs: 60_000,
      });
      if (!isOver) kills++;
      if (moves < 2 && kills > moves) person(town, moves++);
    }

    const runs = await runsOf(town.ledger, "web");
    const gateRuns = runs.reduce((sum, run) => sum + run.gateRuns, 0);
    const seconds = Math.round((Date.now() - started) / 1000);
    const ends = await Promise.all(requests.map(async ({ mr }) => (await town.bead(mr)).updatedAt - started));
    const tries = requests.map(({ mr }) => runs.filter((run) => run.ids.includes(mr)).length);
    process.stdout.write(
      `seed ${seed}: ${size} branches, ${culprits} culprits, ${conflicts} conflicts; ${runs.length} runs, ${gateRuns} gate runs, ` +
        `${kills} kills, ${moves} moves of the target, ${seconds} s; the last one was decided after ` +
        `${Math.round(Math.max(...ends) / 1000)} s, the most tried one was in ${Math.max(...tries)} runs\n`,
    );
    const landed = town.landed().filter((subject) => subject.startsWith("Change "));
    expect(new Set(landed).size, `seed ${seed}`).toBe(landed.length);
    let blocked = 0;
    for (const { mr, bead, index } of requests) {
      const request = await town.mr(mr);
      const what = `seed ${seed}: change ${index}`;
      if (bad.has(index)) expect(request.phase, what).toBe("needs_fix");
      else if (request.phase === "closed") {
        expect(request.closeReason, what).toBe("merged");
        expect(landed, what).toContain(`Change ${index}`);
        expect((await town.bead(bead)).closeReason, what).toBe(`Merged in ${mr}`);
      } else {
        expect(rivals.has(index), what).toBe(true);
        expect(["blocked", "held"], what).toContain(request.phase);
        blocked++;
      }
    }
    expect(blocked, `seed ${seed}`).toBe(conflicts);
    expect(landed).toHaveLength(size - culprits - conflicts);
    expect(town.events("merged").map((event) => event.payload["mr"])).toHaveLength(landed.length);
    expect(git(town.rig.repository, "for-each-ref", "refs/gt/mq")).toBe("");
  },
  Math.max(180_000, size * 25_000),
);

/** The town's daemon, once it serves: ours, or the one that the host was quicker to start. */
async function startDaemon(town: QueueTown): Promise<DaemonIdentity> {
  const child = spawn(process.execPath, [program, town.root], {
    env: cliEnv({ MARKS: join(town.root, "marks"), XDG_STATE_HOME: join(town.root, "..", "state") }),
    stdio: "ignore",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const living = (): DaemonIdentity | undefined => {
    const identity = readIdentity(town.town);
    return identity !== undefined && isSameProcess(identity.pid, identity.startedAt) ? identity : undefined;
  };
  return waitFor(living, { what: "the daemon", timeoutMs: 60_000 });
}

/** The daemon has started one; it does not outlive the town. */
async function endHost(town: QueueTown): Promise<void> {
  const host = await connectHost(town.town, { start: false }).catch(() => undefined);
  await host?.shutdown({ force: true });
  host?.disconnect();
}

/** Every request has landed, or waits for a person or a worker. */
async function nothingMayRun(town: QueueTown): Promise<boolean> {
  const open = await town.ledger.find({ type: "merge-request", notStatus: "closed" });
  const running = (await runsOf(town.ledger, "web")).some((run) => !["done", "aborted"].includes(run.state));
  if (running) return false;
  for (const bead of open) {
    const request = await town.mr(bead.id);
    if (!["needs_fix", "blocked", "held"].includes(request.phase)) return false;
  }
  return true;
}

function person(town: QueueTown, number: number): void {
  const place = join(town.root, "..", "person");
  git(join(town.root, ".."), "clone", "--quiet", town.origin, place);
  commit(place, `Person ${number}`, { [`person${number}.txt`]: "hello\n" });
  git(place, "push", "--quiet", "origin", "main");
  rmSync(place, { recursive: true, force: true });
}
