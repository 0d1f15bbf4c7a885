import { existsSync } from "node:fs";
import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { WatchBudget, type WorktreeWatch, watchWorktree } from "../../core/git/watch-worktree.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { durationSetting } from "../../core/town/setting.ts";
import { snapshotSubject } from "../lifecycle/polecat-worktree.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import { isDiskTight } from "./duties/disk.ts";
import type { DaemonContext } from "./daemon-context.ts";

/** The kernel's supply of watches belongs to everybody; a town takes at most so many. */
const mostDirectories = 4096;
const perWorktree = 128;

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
  }

  #end(address: string, entry: Watched): void {
    this.#watched.delete(address);
    entry.isClosed = true;
    clearTimeout(entry.timer);
    entry.watch?.close();
  }

  #changed(entry: Watched): void {
    this.#onProgress(entry.agent.address);
    const { clock, town } = this.#context;
    const now = clock.now();
    entry.changedAt ??= now;
    const settings = town.settings();
    const quietMs = durationSetting(settings, "operational.snapshot.quiet");
    const earliest = entry.snapshotAt + durationSetting(settings, "operational.snapshot.min_gap") - now;
    const { intervalMs = durationSetting(settings, "operational.snapshot.interval") } =
      readPatrols(town)("snapshot");
    const latest = entry.changedAt + intervalMs - now;
    clearTimeout(entry.timer);
    entry.timer = setTimeout(
      () => void this.#keep(entry),
      Math.max(0, Math.min(latest, Math.max(quietMs, earliest))),
    );
    entry.timer.unref();
  }

  async #keep(entry: Watched): Promise<void> {
    const { clock, log, town } = this.#context;
    const { agent, worktree } = entry;
    entry.changedAt = undefined;
    entry.snapshotAt = clock.now();
    try {
      if (!readPatrols(town)("snapshot").isEnabled) return;
      if ((await isDiskTight(town)) || !(await isValidWorktree(worktree))) return;
      entry.watch?.disregard(10_000);
      const place = agent.role === "polecat" ? `polecats/${agent.name}` : `crew/${agent.name}`;
      const session = sessionOfAddress(town, agent.address);
      await takeSnapshot(
        snapshotSubject(this.#context, { worktree, place, address: agent.address, agent, session }),
        "interval",
      );
      entry.watch?.disregard();
    } catch (error) {
      log.warn(`snapshot of ${agent.address}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
