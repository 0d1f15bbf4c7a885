import { homedir } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { daemonStatus } from "../../../agents/daemon/daemon-control.ts";
import { activeStops } from "../../../agents/daemon/estop.ts";
import { rigsAtRest } from "../../../agents/lifecycle/rig-admission.ts";
import { type AgentView, agentHealth, hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import type { SessionEvent, SessionHost } from "../../../agents/sessions/session-host.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { type ConvoyView, viewsOf } from "../../../core/convoys/convoy-view.ts";
import type { TownEvent } from "../../../core/events/event.ts";
import { type FeedRow as CuratedRow, Curation, curationWindows } from "../../../core/events/curate-events.ts";
import { type Follower, followEvents } from "../../../core/events/follow-events.ts";
import { readBack } from "../../../core/ledger/read-back.ts";
import { type LedgerWatch, watchLedger } from "../../../core/ledger/watch-ledger.ts";
import { tolerantTown } from "../../../core/town/tolerant-town.ts";
import { thresholdsOf } from "../../../core/health/thresholds.ts";
import { readAgentNotes } from "./agent-notes.ts";
import { readBeads } from "./read-beads.ts";
import { readBeadDetail, readRunDetail, readScreenDetail } from "./read-detail.ts";
import { readInbox } from "./read-inbox.ts";
import { readQueue } from "./read-queue.ts";
import { toFeedRow } from "./feed-row.ts";
import type { View } from "./state.ts";
import type { FeedRow, RowDetail, TownData } from "./town-data.ts";

/** Where the TUI's data comes from: pushes what changed, never asked by a view. */
export interface TownSource {
  /** Resolves after the first reading. */
  start(listener: SourceListener): Promise<void>;
  /** Reads everything anew, soon. */
  refresh(): void;
  /** What the person looks at: data for other views is not read. */
  look(at: Sight): void;
  host(): Promise<SessionHost>;
  close(): Promise<void>;
}

export interface Sight {
  readonly view: View;
  readonly convoy: string | undefined;
  /** The selected row of a view that shows more about it. */
  readonly row: string | undefined;
  /** A moment of the past, in milliseconds since the epoch. */
  readonly moment: number | undefined;
  /** The log shows the events for the audit, too. */
  readonly withAudit: boolean;
}

export interface SourceListener {
  readonly changed: (data: Partial<TownData>) => void;
  readonly session: (event: SessionEvent) => void;
}

/** How often it is asked whether something that no event tells may have changed. */
const heartbeatMs = 5000;
/** Health changes by the mere passing of time, in minutes (spec/06 §11, §12): also a quiet town is read this often. */
const quietReadMs = 30_000;
/** An agent whose last progress is younger shows it in seconds. */
const secondsShownMs = 60_000;
/** A burst of writes is read once; the first of it at once, the last of it after this. */
const readGapMs = 250;
/** Rows that come in faster than a frame are shown together. */
const feedGapMs = 50;
const feedAtStart = 200;
const feedLimit = 1000;
const landedShownMs = 24 * 3_600_000;

export class LiveTownSource implements TownSource {
  private readonly access: TownAccess;
  private readonly ascii: boolean;
  private listener: SourceListener | undefined;
  private ledgerWatch: LedgerWatch | undefined;
  private follower: Follower | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private readTimer: NodeJS.Timeout | undefined;
  private feedTimer: NodeJS.Timeout | undefined;
  private lastReadAt = 0;
  /** An agent wrote to its terminal since the last reading: its time since the last progress is another one. */
  private hasHeardOutput = false;
  private shown: Partial<TownData> = {};
  private isReading = false;
  /** The event log is being opened. */
  private isFollowing = false;
  /** Why the event log cannot be read; empty when it can. */
  private logTrouble = "";
  private wantsReading = false;
  private isClosed = false;
  private connectedHost: SessionHost | undefined;
  private log: readonly FeedRow[] = [];
  private curation: Curation;
  /** Rows of the curated feed as they are shown: most of them are those of the last time. */
  private readonly curated = new WeakMap<CuratedRow, FeedRow>();
  private arrived: TownEvent[] = [];
  private sequence = 0;
  private sight: Sight = {
    view: "activity",
    convoy: undefined,
    row: undefined,
    moment: undefined,
    withAudit: false,
  };

  constructor(access: TownAccess, options: { readonly ascii: boolean }) {
    this.access = access;
    this.ascii = options.ascii;
    this.curation = this.newCuration();
  }

  async start(listener: SourceListener): Promise<void> {
    this.listener = listener;
    const { ledger } = this.access;
    await this.read();
    this.ledgerWatch = watchLedger(ledger, () => this.refresh());
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs);
    await this.follow();
  }

  private newCuration(): Curation {
    return new Curation(
      curationWindows(tolerantTown(this.access.town, () => undefined).settings()),
      feedLimit,
    );
  }

  /** Reads the end of the event log, and what comes. */
  private async follow(): Promise<void> {
    const { town } = this.access;
    const visibility = this.sight.withAudit ? "audit" : "feed";
    this.isFollowing = true;
    try {
      this.follower = await followEvents(
        town.paths.events,
        { past: feedAtStart, filter: { visibility }, context: () => ({ rigs: town.rigs() }) },
        (events) => this.take(events),
      );
      this.logTrouble = "";
    } catch (error) {
      this.logTrouble = `event log unreadable: ${(error as Error).message} (retrying)`;
      this.show({ trouble: this.logTrouble });
    } finally {
      this.isFollowing = false;
    }
  }

  /** Begins anew, with or without the events for the audit. */
  private async followAgain(): Promise<void> {
    const { follower } = this;
    this.follower = undefined;
    await follower?.close();
    this.log = [];
    this.arrived = [];
    this.curation = this.newCuration();
    if (!this.isClosed) await this.follow();
  }

  refresh(): void {
    if (this.isClosed || this.readTimer !== undefined) return;
    const wait = Math.max(0, this.lastReadAt + readGapMs - performance.now());
    this.readTimer = setTimeout(() => {
      this.readTimer = undefined;
      void this.read();
    }, wait);
  }

  look(at: Sight): void {
    if (isDeepStrictEqual(at, this.sight)) return;
    const isOtherLog = at.withAudit !== this.sight.withAudit;
    this.sight = at;
    if (isOtherLog) void this.followAgain();
    this.lastReadAt = 0;
    this.refresh();
  }

  async host(): Promise<SessionHost> {
    if (this.connectedHost !== undefined) return this.connectedHost;
    const host = await this.access.host({ start: false });
    this.connectedHost = host;
    host.subscribe((event) => this.heard(event));
    return host;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    clearTimeout(this.readTimer);
    clearTimeout(this.feedTimer);
    await Promise.all([this.ledgerWatch?.close(), this.follower?.close()]);
  }

  private beat(): void {
    if (this.follower === undefined && !this.isFollowing) void this.follow();
    if (this.connectedHost === undefined || this.hasHeardOutput || this.isCounting() || this.isOverdue())
      void this.read();
  }

  private isOverdue(): boolean {
    return performance.now() - this.lastReadAt >= quietReadMs;
  }

  /** An agent's age in seconds is on the screen. */
  private isCounting(): boolean {
    return (this.shown.agents ?? []).some(
      ({ health, idleMs }) => health !== "idle" && idleMs < secondsShownMs,
    );
  }

  /** The host may come and go; without one the rest of the town is still shown. */
  private async connect(): Promise<void> {
    await this.host().catch(() => undefined);
  }

  private heard(event: SessionEvent): void {
    if (event.type === "output") {
      this.hasHeardOutput = true;
      return;
    }
    if (event.type === "lost") this.connectedHost = undefined;
    this.listener?.session(event);
    this.refresh();
  }

  private async read(): Promise<void> {
    if (this.isReading) {
      this.wantsReading = true;
      return;
    }
    this.isReading = true;
    this.lastReadAt = performance.now();
    this.hasHeardOutput = false;
    try {
      await this.connect();
      let trouble = "";
      const town = tolerantTown(this.access.town, (text) => {
        trouble = text;
      });
      const data = await this.readTown({ ...this.access, town });
      this.show({ ...data, trouble: trouble === "" ? this.logTrouble : trouble, isLoaded: true });
    } catch (error) {
      // The last good data stays on the screen, with the reason why it is old (spec/06 §12.2).
      if (!this.isClosed) this.show({ trouble: `cannot read the town: ${(error as Error).message}` });
    } finally {
      this.isReading = false;
    }
    if (this.wantsReading) {
      this.wantsReading = false;
      this.refresh();
    }
  }

  /** Passes on what differs from what was passed on before: a town in which nothing happens draws nothing. */
  private show(data: Partial<TownData>): void {
    const changed = Object.fromEntries(
      Object.entries(data).filter(
        ([key, value]) => !isDeepStrictEqual(value, this.shown[key as keyof TownData]),
      ),
    );
    this.shown = { ...this.shown, ...data };
    if (Object.keys(changed).length > 0) this.listener?.changed(changed);
  }

  private async readTown(access: TownAccess): Promise<Partial<TownData>> {
    const { town, ledger, clock } = access;
    const now = clock.now();
    const host = await hostSnapshot(access);
    const [agents, notes, restingRigs, open, landed, queues, inbox] = await Promise.all([
      agentHealth(access, host),
      readAgentNotes(town, ledger),
      rigsAtRest(ledger, town),
      ledger.find({ type: "convoy", notStatus: "closed", sort: "oldest" }),
      ledger.find({ type: "convoy", status: "closed", closedAfter: now - landedShownMs, sort: "closed" }),
      readQueue(ledger, town.rigs(), now),
      readInbox(ledger, { withRead: this.sight.view === "inbox" }),
    ]);
    const convoys = await viewsOf(ledger, [...open, ...landed], {
      now,
      parkedRigs: new Set(restingRigs.keys()),
    });
    return {
      ...(this.sight.view === "beads" ? { beads: await readBeads(ledger) } : {}),
      ...(this.sight.view === "convoy" ? { needs: await this.readNeeds(convoys) } : {}),
      name: town.name,
      place: showPath(town.root),
      rigs: town.rigs().map((rig) => rig.name),
      restingRigs,
      agents: agents.map(withShownIdle),
      notes,
      thresholds: thresholdsOf(town.settings()),
      convoys,
      inbox,
      ...queues,
      detail: await this.readDetail(agents, queues, now),
      past: this.sight.moment === undefined ? undefined : await readBack(ledger, this.sight.moment),
      isDaemonUp: daemonStatus(town).isRunning,
      isHostSilent: !host.isKnown,
      stops: activeStops(town),
    };
  }

  private async readDetail(
    agents: readonly AgentView[],
    { queue, runs }: Pick<TownData, "queue" | "runs">,
    now: number,
  ): Promise<RowDetail | undefined> {
    const { view, row } = this.sight;
    if (row === undefined) return undefined;
    if (view === "problems") {
      const agent = agents.find(({ address }) => address === row);
      return agent && readScreenDetail(this.access, agent);
    }
    if (view === "beads" || view === "convoy") return readBeadDetail(this.access.ledger, row, now);
    const request = view === "queue" ? queue.find(({ id }) => id === row) : undefined;
    const run = runs.find(({ id }) => id === request?.run);
    return run === undefined ? undefined : readRunDetail(run, row, now);
  }

  private async readNeeds(convoys: readonly ConvoyView[]): Promise<TownData["needs"]> {
    const ids = convoys.find(({ id }) => id === this.sight.convoy)?.tracked.map(({ id }) => id) ?? [];
    const inside = new Set(ids);
    const needs = new Map<string, string[]>();
    for (const edge of await this.access.ledger.edges(ids)) {
      if (edge.type !== "blocks" || !inside.has(edge.from) || !inside.has(edge.to)) continue;
      needs.set(edge.from, [...(needs.get(edge.from) ?? []), edge.to]);
    }
    return needs;
  }

  private take(events: readonly TownEvent[]): void {
    this.arrived.push(...events);
    // What the log tells is not always a write of the ledger: the daemon, a settings file.
    if (this.follower !== undefined) this.refresh();
    this.feedTimer ??= setTimeout(() => this.showFeed(), feedGapMs);
  }

  private showFeed(): void {
    this.feedTimer = undefined;
    const context = { rigs: this.access.town.rigs() };
    const toRow = (event: TownEvent) =>
      toFeedRow(event, { ascii: this.ascii, context, sequence: ++this.sequence });
    for (const event of this.arrived) this.curation.add(event);
    this.log = [...this.arrived.map(toRow).reverse(), ...this.log].slice(0, feedLimit);
    this.arrived = [];
    const curated = this.curation.rows().map((row): FeedRow => {
      const known = this.curated.get(row);
      if (known !== undefined) return known;
      const [first = row.event] = row.events;
      // A row that others join stays the one that it was.
      const shown = { ...toRow(row.event), id: toRow(first).id, message: row.message };
      this.curated.set(row, shown);
      return shown;
    });
    this.listener?.changed({ feed: curated.reverse(), log: this.log });
  }
}

/** The time since the last progress as exact as it is shown, so that only what looks different counts as changed. */
function withShownIdle(agent: AgentView): AgentView {
  const unit =
    agent.health === "idle" ? Number.POSITIVE_INFINITY : agent.idleMs < secondsShownMs ? 1000 : 60_000;
  return { ...agent, idleMs: agent.idleMs - (agent.idleMs % unit) };
}

function showPath(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
