import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { startDaemon, stopDaemon } from "../../../src/agents/daemon/daemon-control.ts";
import { identityFile, readIdentity } from "../../../src/agents/daemon/daemon-state.ts";
import { findLeftovers } from "../../../src/agents/daemon/orphans.ts";
import { type OperationRecord, openOperations } from "../../../src/agents/lifecycle/operation-record.ts";
import { connectHost } from "../../../src/agents/sessions/client.ts";
import { isSameProcess } from "../../../src/agents/sessions/process-identity.ts";
import { processesOf, signalProcesses } from "../../../src/agents/sessions/process-tree.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { readLastScreen, readRecords } from "../../../src/agents/sessions/session-records.ts";
import type { Ledger } from "../../../src/core/ledger/ledger.ts";
import { expectKnown } from "../../support/crash-points.ts";
import { type CliResult, cliEnv, runGt } from "../../support/run-cli.ts";
import { type ScratchTown, scratchTown } from "../../support/scratch-town.ts";
import { waitFor } from "../../support/wait-for.ts";

const patient = { timeoutMs: 90_000 };

/** One bead that is to survive something. */
export interface Cell {
  readonly name: string;
  readonly bead: string;
  /** Where its processes stand still when it is slung alone, and where its script keeps notes. */
  readonly directory: string;
}

/**
 * What a bead's script begins with. `pause <name>` stands still where a test wants it, as crash points do; `$NOTES` is a
 * directory that outlives the sandbox. A second life has no `GT_TEST_PAUSE` and stands still nowhere.
 */
const scriptHead = (directory: string): string => `NOTES='${directory}'
POINTS=\${GT_TEST_PAUSE-}
pause() {
  if [ -n "$POINTS" ] && mv "$POINTS/$1" "$POINTS/$1.reached" 2>/dev/null; then
    while [ -e "$POINTS/$1.reached" ]; do sleep 0.05; done
  fi
}
echo life >> "$NOTES/lives"`;

export interface AgentsAt {
  readonly cells: readonly Cell[];
  /** Lets all that still live go on. */
  release(): void;
}

/**
 * A town for tests that kill: commands start nothing on the side, so that the test decides who lives. Whatever was
 * killed, `expectLanded` wants the state that an undisturbed run leaves.
 */
export class CrashTown {
  readonly scratch: ScratchTown;
  readonly ledger: Ledger;
  readonly #cells: Cell[] = [];
  /** Where processes stood still. */
  readonly #directories = new Set<string>();

  private constructor(scratch: ScratchTown, ledger: Ledger) {
    this.scratch = scratch;
    this.ledger = ledger;
  }

  static async make(): Promise<CrashTown> {
    const scratch = await scratchTown({
      rigs: [
        {
          name: "web",
          prefix: "web",
          gate: "test -s README.md",
          mergeQueue: { batch: { batch_wait_time: "0s" } },
        },
      ],
    });
    (await connectHost(scratch.town)).disconnect();
    return new CrashTown(scratch, await scratch.ledger());
  }

  async dispose(): Promise<void> {
    await this.gt(["down", "--all", "--force"]);
    expect(findLeftovers(this.scratch.town)).toEqual([]);
    for (const directory of this.#directories) expectKnown(directory);
    await this.scratch.dispose();
  }

  gt(args: readonly string[], extra: Record<string, string> = {}): Promise<CliResult> {
    return runGt(args, { cwd: this.scratch.root, env: this.env(extra), timeoutMs: 120_000 });
  }

  env(extra: Record<string, string> = {}): Record<string, string> {
    return { GT_NO_DAEMON: "1", XDG_STATE_HOME: join(this.scratch.outside, "state"), ...extra };
  }

  /** A bead whose script makes one file, however often it runs. */
  async cell(label: string, script: string | ((name: string) => string) = ""): Promise<Cell> {
    const name = label.replaceAll(/[^\w]/g, "-");
    const lines = typeof script === "string" ? script : script(name);
    const directory = join(this.scratch.outside, "cells", name);
    mkdirSync(directory, { recursive: true });
    const { created } = await this.ledger.write("overseer", [
      {
        op: "create",
        bead: {
          title: `Make ${name}`,
          scope: "web",
          labels: ["runtime:shell"],
          description: `\`\`\`bash\n${scriptHead(directory)}\n${lines}\necho ${name} > ${name}.txt\n\`\`\`\n`,
        },
      },
    ]);
    const cell = { name, bead: created[0] ?? "", directory };
    this.#cells.push(cell);
    this.#directories.add(directory);
    return cell;
  }

  /** Slings the cell's bead; its session stands still where the cell is armed, dies where `crashAt` says. */
  async sling(cell: Cell, crashAt?: string): Promise<void> {
    const { code, stdout, stderr } = await this.gt(["sling", cell.bead, "web"], {
      GT_TEST_PAUSE: cell.directory,
      ...(crashAt === undefined ? {} : { GT_TEST_CRASH: crashAt }),
    });
    expect(code, `${cell.name}: ${stdout}${stderr}`).toBe(0);
  }

  /**
   * Slings one bead for each of the points, in one command, and waits until an agent stands still at each of them: the
   * first to come by takes a point, so that which agent is where does not matter. What its script does is up to `script`.
   */
  async agentsAt(points: readonly string[], script: (name: string) => string = () => ""): Promise<AgentsAt> {
    const directory = join(this.scratch.outside, "points");
    mkdirSync(directory, { recursive: true });
    this.#directories.add(directory);
    const cells: Cell[] = [];
    for (const [index] of points.entries()) cells.push(await this.cell(`agent-${index}`, script));
    for (const point of points) arm({ directory }, point);
    const beads = cells.map((cell) => cell.bead);
    const { code, stdout, stderr } = await this.gt(["sling", ...beads, "web"], { GT_TEST_PAUSE: directory });
    expect(code, stdout + stderr).toBe(0);
    for (const point of points) await reached({ directory }, point);
    return {
      cells,
      release: () => {
        for (const point of points) release({ directory }, point);
      },
    };
  }

  async up(): Promise<void> {
    const { code, stderr } = await this.gt(["up"]);
    expect(code, stderr).toBe(0);
  }

  daemonPid(): number {
    return readIdentity(this.scratch.town)?.pid ?? 0;
  }

  /** Kills the daemon, and waits until the system has noticed. */
  async killDaemon(): Promise<void> {
    const identity = readIdentity(this.scratch.town);
    if (identity === undefined) throw new Error("no daemon to kill");
    process.kill(identity.pid, "SIGKILL");
    await waitFor(() => !isSameProcess(identity.pid, identity.startedAt), { ...patient, what: "its death" });
  }

  /** Kills the daemon; a new one begins. */
  async replaceDaemon(): Promise<void> {
    await this.killDaemon();
    await startDaemon(this.scratch.town);
  }

  killHost(): void {
    const holder = join(this.scratch.town.paths.locks, "host.lock.holder");
    process.kill((JSON.parse(readFileSync(holder, "utf8")) as { pid: number }).pid, "SIGKILL");
  }

  /** The agent and all that it started, as when the machine takes them away: nobody gets to clean up. */
  killAgent(cell: Cell): void {
    const session = this.session(cell);
    const { pid = 0, pidStartedAt: startedAt = "", runId = "" } = session ?? {};
    const processes = processesOf({ pid, startedAt, runId });
    if (processes.length === 0) throw new Error(`no agent on ${cell.name}`);
    signalProcesses(processes, "SIGKILL");
  }

  sessions(): readonly SessionRecord[] {
    return readRecords(this.scratch.town.paths.sessions);
  }

  session(cell: Cell): SessionRecord | undefined {
    return this.sessions().find((session) => session.bead === cell.bead);
  }

  /** Waits until the cell's agent lives, after a death or for the first time. */
  async works(cell: Cell): Promise<void> {
    const isAlive = ({ pid, pidStartedAt }: SessionRecord): boolean => isSameProcess(pid, pidStartedAt);
    await waitFor(
      () => {
        const session = this.session(cell);
        return session !== undefined && isAlive(session);
      },
      { ...patient, what: `an agent on ${cell.name}` },
    );
  }

  /** What the cell's script wrote down. */
  note({ directory }: Cell, name: string): string {
    return readFileSync(join(directory, name), "utf8");
  }

  async allDead(): Promise<void> {
    await waitFor(() => this.sessions().every((session) => session.phase === "exited"), {
      ...patient,
      what: "every agent to die at its step",
    });
  }

  /** A new daemon restarts three agents at once and then takes its time; several come to the end sooner. */
  async restartAgents(cells: readonly Cell[]): Promise<void> {
    const waiting = async () => {
      const beads = await this.ledger.getMany(cells.map((cell) => cell.bead));
      return cells.filter(
        (cell) =>
          beads.get(cell.bead)?.status !== "closed" &&
          beads.get(cell.bead)?.metadata["awaiting_merge"] === undefined &&
          this.session(cell)?.phase === "exited",
      );
    };
    // A new host first says which sessions died with the old one.
    (await connectHost(this.scratch.town)).disconnect();
    for (;;) {
      const before = (await waiting()).length;
      await startDaemon(this.scratch.town);
      if (before === 0) return;
      const enough = Math.max(0, before - 3);
      await waitFor(async () => (await waiting()).length <= enough, {
        ...patient,
        what: `${before - enough} of ${before} agents to be restarted`,
      }).catch(async (error: Error) => {
        throw new Error(`${error.message}\n${(await this.#unfinished()).join("\n")}`);
      });
      await stopDaemon(this.scratch.town);
    }
  }

  async awaitsMerge(cell: Cell): Promise<void> {
    await waitFor(async () => (await this.ledger.get(cell.bead))?.metadata["awaiting_merge"] !== undefined, {
      ...patient,
      what: `${cell.name} in the queue`,
    });
  }

  async settledQueue(): Promise<void> {
    await waitFor(
      async () => (await this.ledger.find({ type: "merge-request", notStatus: "closed" })).length === 0,
      { ...patient, what: "an empty queue" },
    );
  }

  async landed(cell: Cell): Promise<void> {
    await waitFor(async () => (await this.ledger.get(cell.bead))?.status === "closed", {
      ...patient,
      what: `${cell.name} to land`,
    });
  }

  /** A daemon that stands still at what is armed in `directory`. Resolves when it serves: nothing may be to merge before. */
  async pausableDaemon(directory: string): Promise<ChildProcess> {
    const program = join(import.meta.dirname, "../../../dist/daemon.js");
    const child = spawn(process.execPath, [program, this.scratch.root], {
      cwd: this.scratch.root,
      env: cliEnv(this.env({ GT_TEST_PAUSE: directory })),
      stdio: "ignore",
    });
    await waitFor(() => this.daemonPid() === child.pid, { ...patient, what: "the daemon" });
    return child;
  }

  /**
   * Starts a daemon, lets `act` bring it to `point` of `place`, which somebody arms before or then, and kills it there. Its
   * death is forgotten.
   */
  async daemonDiesAt(
    place: Pick<Cell, "directory">,
    point: string,
    act: () => Promise<void> | void = () => undefined,
  ): Promise<void> {
    const child = await this.pausableDaemon(place.directory);
    await act();
    await reached(place, point);
    const died = once(child, "exit");
    child.kill("SIGKILL");
    await died;
    release(place, point);
    this.forgetDeath();
  }

  /** One death must not be enough to call a branch poison where a test lets daemons die in a row. */
  forgetDeath(): void {
    rmSync(identityFile(this.scratch.town), { force: true });
  }

  git(...args: readonly string[]): string {
    return execFileSync("git", ["-C", this.scratch.origin("web"), ...args], { encoding: "utf8" });
  }

  async settled(): Promise<void> {
    await waitFor(async () => (await this.operations()).length === 0, {
      ...patient,
      what: "no open operation",
    });
  }

  /** The state after an undisturbed run, for all cells. */
  async expectLanded(): Promise<void> {
    await waitFor(
      async () => {
        const beads = await this.ledger.getMany(this.#cells.map((cell) => cell.bead));
        return [...beads.values()].every((bead) => bead.status === "closed");
      },
      { ...patient, what: "all beads to land" },
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${(await this.#unfinished()).join("\n")}`);
    });
    await this.settled();
    await waitFor(
      // A polecat that was only being made when its command died is gone again.
      async () => (await this.#polecats()).every((agent) => ["idle", "nuked"].includes(agent.state)),
      { ...patient, what: "idle polecats" },
    );
    for (const agent of await this.#polecats()) expect(agent.hookBead).toBe("");
    const requests = await this.ledger.find({ type: "merge-request" });
    expect(requests.filter((mr) => mr.status !== "closed").map((mr) => mr.id)).toEqual([]);
    const log = this.git("log", "--format=%s%n%b", "main");
    for (const { name, bead } of this.#cells) {
      expect((await this.ledger.get(bead))?.closeReason, name).toMatch(/^Merged in /);
      expect(this.git("show", `main:${name}.txt`)).toBe(`${name}\n`);
      const commits = this.git("log", "--format=%H", "main", "--", `${name}.txt`).trim().split("\n");
      expect(commits, `${name} landed once`).toHaveLength(1);
      expect(log).toContain(bead);
      const merged = requests.filter(
        ({ metadata, closeReason }) =>
          (metadata["mr"] as { source_issue?: string }).source_issue === bead && closeReason === "merged",
      );
      expect(merged, `${name} has one merged request`).toHaveLength(1);
      await this.#expectConvoyLanded(name, bead);
    }
  }

  /** One convoy brought the bead home; those of dispatches that were taken back are closed as well. */
  async #expectConvoyLanded(name: string, bead: string): Promise<void> {
    const tracking = (await this.ledger.dependents(bead)).filter((edge) => edge.type === "tracks");
    const convoys = async () => [...(await this.ledger.getMany(tracking.map((edge) => edge.from))).values()];
    await waitFor(async () => (await convoys()).every((convoy) => convoy.status === "closed"), {
      ...patient,
      what: `the convoy of ${name} to land`,
    });
    const landed = (await convoys()).filter((convoy) => convoy.closeReason !== "dispatch undone");
    expect(landed, `${name}: one convoy landed`).toHaveLength(1);
  }

  async #polecats() {
    return this.ledger.agents({ role: "polecat" });
  }

  async operations(): Promise<readonly OperationRecord[]> {
    return (await openOperations(this.ledger)).map((row) => row.value);
  }

  async #unfinished(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const cell of this.#cells) {
      const bead = await this.ledger.get(cell.bead);
      if (bead === undefined || bead.status === "closed") continue;
      const agent = bead.assignee === "" ? undefined : await this.ledger.agent(bead.assignee);
      const session = this.session(cell);
      const screen = readLastScreen(this.scratch.town.paths.sessions, session?.session ?? "");
      lines.push(
        `${cell.name}: ${bead.id} is ${bead.status}, ${JSON.stringify(bead.metadata)}`,
        `  ${agent?.address} is ${agent?.state}, its hook ${agent?.hookState}`,
        `  its session: ${JSON.stringify({ ...session, argv: undefined })}`,
        ...screen.filter((line) => line !== "").map((line) => `  | ${line}`),
      );
    }
    lines.push(...(await this.operations()).map((operation) => JSON.stringify(operation)));
    return lines;
  }
}

/** From now on the process that comes to `point` of the cell stands still there. */
export function arm({ directory }: Pick<Cell, "directory">, point: string): void {
  writeFileSync(join(directory, point), "");
}

/**
 * Each time that the process comes to one of the armed `points`, does `act` and lets it go on. They may be passed
 * in another order than the list has.
 */
export async function atEach(
  place: Pick<Cell, "directory">,
  points: readonly string[],
  act: (point: string, index: number) => Promise<void>,
): Promise<void> {
  const left = new Set(points);
  for (let index = 0; left.size > 0; index++) {
    const point = await waitFor(
      () => [...left].find((each) => existsSync(join(place.directory, `${each}.reached`))),
      { ...patient, what: [...left].join(" or ") },
    );
    await act(point, index);
    left.delete(point);
    release(place, point);
  }
}

export async function reached({ directory }: Pick<Cell, "directory">, point: string): Promise<void> {
  await waitFor(() => existsSync(join(directory, `${point}.reached`)), { ...patient, what: `${point}` });
}

export function release({ directory }: Pick<Cell, "directory">, point: string): void {
  rmSync(join(directory, `${point}.reached`), { force: true });
}
