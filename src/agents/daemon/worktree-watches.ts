import { existsSync } from "node:fs";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { WatchBudget, type WorktreeWatch, watchWorktree } from "../../core/git/watch-worktree.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { durationSetting } from "../../core/town/setting.ts";
import { hasChanges, snapshotSubject } from "../lifecycle/polecat-worktree.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import { isDiskTight } from "./duties/disk.ts";
import type { DaemonContext } from "./daemon-context.ts";
import { type SnapshotTiming, snapshotDueInMs } from "./snapshot-timing.ts";

/** The kernel's supply of watches belongs to everybody; a town takes at most so many. */
const mostDirectories = 4096;
const perWorktree = 128;
/** Snapshots at once (spec/04 §8.3, D12). */
const mostAtOnce = 4;

interface Watched {
  readonly agent: Agent;
  readonly worktree: string;
  watch: WorktreeWatch | undefined;
  isClosed: boolean;
  timer: NodeJS.Timeout | undefined;
  changedAt: number | undefined;
  snapshotAt: number;
}

/**
 * Watches the worktrees of agents that have work: changes are progress (spec/04 §1.6), and what has settled is kept as a
 * snapshot of the hook, so that a mistake costs minutes and not a day (spec/04 §6.2). Costs nothing while nothing changes.
 */
export class WorktreeWatches {
  readonly #context: DaemonContext;
  readonly #onProgress: (address: string) => void;
  readonly #budget = new WatchBudget(mostDirectories);
  readonly #watched = new Map<string, Watched>();
  readonly #waiting: Watched[] = [];
  #atWork = 0;

  constructor(context: DaemonContext, onProgress: (address: string) => void) {
    this.#context = context;
    this.#onProgress = onProgress;
  }

  /** Begins and ends watches so that they are those of the agents with an active hook. */
  async sync(): Promise<void> {
    const agents = await this.#context.ledger.agents({ state: ["working", "done"] });
    const wanted = new Map(
      agents.filter((agent) => agent.hookState === "active").map((agent) => [agent.address, agent]),
    );
    for (const [address, entry] of this.#watched) {
      if (wanted.get(address)?.hookSeq !== entry.agent.hookSeq) this.#end(address, entry);
    }
    for (const agent of wanted.values()) if (!this.#watched.has(agent.address)) await this.#begin(agent);
  }

  close(): void {
    for (const [address, entry] of this.#watched) this.#end(address, entry);
  }

  async #begin(agent: Agent): Promise<void> {
    const address = parseAddress(agent.address);
    if (address?.role !== "polecat" && address?.role !== "crew") return;
    const worktree = agentHome(this.#context.town, address);
    if (worktree === undefined || !existsSync(worktree)) return;
    const entry: Watched = {
      agent,
      worktree,
      watch: undefined,
      isClosed: false,
      timer: undefined,
      changedAt: undefined,
      snapshotAt: 0,
    };
    this.#watched.set(agent.address, entry);
    const watch = await watchWorktree(worktree, {
      budget: this.#budget,
      mostDirectories: perWorktree,
      onProgress: () => this.#changed(entry),
    });
    if (entry.isClosed) watch.close();
    else entry.watch = watch;
    // Nobody has seen what was changed before.
    if (await hasChanges(this.#context.town.rig(address.rig), worktree).catch(() => true))
      this.#schedule(entry);
  }

  #end(address: string, entry: Watched): void {
    this.#watched.delete(address);
    entry.isClosed = true;
    clearTimeout(entry.timer);
    entry.watch?.close();
  }

  #changed(entry: Watched): void {
    this.#onProgress(entry.agent.address);
    this.#schedule(entry);
  }

  /** There is something to keep. */
  #schedule(entry: Watched): void {
    if (entry.isClosed) return;
    const now = this.#context.clock.now();
    entry.changedAt ??= now;
    const pending = { since: entry.changedAt, takenAt: entry.snapshotAt };
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.#queue(entry), snapshotDueInMs(now, pending, this.#timing()));
    entry.timer.unref();
  }

  #timing(): SnapshotTiming {
    const { town } = this.#context;
    const setting = (key: string): number => durationSetting(town.settings(), `operational.snapshot.${key}`);
    const { intervalMs = setting("interval") } = readPatrols(town)("snapshot");
    return { quietMs: setting("quiet"), minGapMs: setting("min_gap"), intervalMs };
  }

  #queue(entry: Watched): void {
    this.#waiting.push(entry);
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#atWork >= mostAtOnce) return;
    this.#atWork++;
    for (let entry = this.#waiting.shift(); entry !== undefined; entry = this.#waiting.shift())
      if (!entry.isClosed) await this.#keep(entry);
    this.#atWork--;
  }

  async #keep(entry: Watched): Promise<void> {
    const { clock, log, town } = this.#context;
    const { agent, worktree } = entry;
    if (!readPatrols(town)("snapshot").isEnabled) return;
    entry.changedAt = undefined;
    entry.snapshotAt = clock.now();
    try {
      if (!(await isValidWorktree(worktree))) return;
      if (await isDiskTight(town)) return this.#schedule(entry);
      entry.watch?.disregard(10_000);
      const place = agent.role === "polecat" ? `polecats/${agent.name}` : `crew/${agent.name}`;
      const session = sessionOfAddress(town, agent.address);
      const { state } = await takeSnapshot(
        snapshotSubject(this.#context, { worktree, place, address: agent.address, agent, session }),
        "interval",
      );
      entry.watch?.disregard();
      // What was changed meanwhile was not seen. This ends with the look that finds nothing new.
      if (state === "taken") this.#schedule(entry);
    } catch (error) {
      log.warn(`snapshot of ${agent.address}: ${error instanceof Error ? error.message : String(error)}`);
      this.#schedule(entry);
    }
  }
}
