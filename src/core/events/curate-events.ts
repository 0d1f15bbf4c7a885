import { parseDuration } from "../duration.ts";
import { describeEvent } from "./describe-event.ts";
import type { TownEvent } from "./event.ts";
import { durationSetting, numberSetting } from "../town/setting.ts";
import type { TownSettings } from "../town/settings.ts";

/** One row of the curated feed: an event, or several that say the same. */
export interface FeedRow {
  /** The latest of its events. */
  readonly event: TownEvent;
  readonly events: readonly TownEvent[];
  readonly message: string;
}

export interface CurationWindows {
  readonly doneDedupeMs: number;
  readonly slingAggregateMs: number;
  readonly minAggregateCount: number;
}

export const defaultWindows: CurationWindows = {
  doneDedupeMs: 10_000,
  slingAggregateMs: 30_000,
  minAggregateCount: 3,
};

const updateMergeMs = 2000;
const massDeathMs = 30_000;

/**
 * What people see of the events, oldest first (spec/06 §9.7): only the feed's, quick updates merged, repeated dones
 * dropped, bursts of slings and identical rows folded, single deaths folded into the mass death that they were part of.
 */
export function curate(
  events: readonly TownEvent[],
  windows: CurationWindows = defaultWindows,
): readonly FeedRow[] {
  const curation = new Curation(windows, Number.POSITIVE_INFINITY);
  for (const event of events) curation.add(event);
  return curation.rows();
}

/** The windows of a town's settings. */
export function curationWindows(settings: TownSettings): CurationWindows {
  return {
    doneDedupeMs: durationSetting(settings, "feed_curator.done_dedupe_window"),
    slingAggregateMs: durationSetting(settings, "feed_curator.sling_aggregate_window"),
    minAggregateCount: numberSetting(settings, "feed_curator.min_aggregate_count"),
  };
}

/** The same for events that come one by one; keeps the newest rows. */
export class Curation {
  readonly #windows: CurationWindows;
  readonly #limit: number;
  readonly #rows: FeedRow[] = [];

  constructor(windows: CurationWindows, limit: number) {
    this.#windows = windows;
    this.#limit = limit;
  }

  rows(): readonly FeedRow[] {
    return this.#rows;
  }

  add(event: TownEvent): void {
    if (event.visibility !== "feed") return;
    this.#take(event);
    if (this.#rows.length > this.#limit) this.#rows.splice(0, this.#rows.length - this.#limit);
  }

  #take(event: TownEvent): void {
    switch (event.type) {
      case "update":
        if (this.#mergeUpdate(event)) return;
        break;
      case "done":
        if (this.#findRecent(event, this.#windows.doneDedupeMs, sameActorAndBead) !== -1) return;
        break;
      case "sling":
      case "scheduler_dispatch":
        if (this.#foldDispatch(event)) return;
        break;
      case "session_death":
        if (this.#foldIntoMassDeath(event)) return;
        break;
      case "mass_death":
        this.#takeDeaths(event);
        return;
    }
    if (!this.#foldRepetition(event)) this.#rows.push(rowOf([event]));
  }

  #mergeUpdate(event: TownEvent): boolean {
    const index = this.#findRecent(event, updateMergeMs, (row) => bead(row.event) === bead(event));
    const row = this.#rows[index];
    if (!row) return false;
    this.#rows[index] = { event, events: [...row.events, event], message: describeEvent(event) };
    return true;
  }

  /** From the third dispatch of one actor in the window on, all of them are one row at the latest place. */
  #foldDispatch(event: TownEvent): boolean {
    const { slingAggregateMs, minAggregateCount } = this.#windows;
    const isPart = (row: FeedRow) =>
      isDispatch(row.event) &&
      row.event.actor === event.actor &&
      timeOf(event) - timeOf(row.events[0] ?? row.event) <= slingAggregateMs;
    const parts = this.#rows.filter(isPart);
    const all = [...parts.flatMap((row) => row.events), event];
    if (all.length < minAggregateCount) return false;
    this.#remove(isPart);
    const agents = new Set(all.map((one) => one.payload["target"] ?? one.payload["polecat"] ?? bead(one)));
    this.#rows.push({ event, events: all, message: `dispatching work to ${agents.size} agents` });
    return true;
  }

  #foldIntoMassDeath(event: TownEvent): boolean {
    const index = this.#rows.findLastIndex((row) => covers(row.event, event));
    const row = this.#rows[index];
    if (!row) return false;
    this.#rows[index] = { ...row, events: [event, ...row.events] };
    return true;
  }

  #takeDeaths(event: TownEvent): void {
    const isPart = (row: FeedRow) => row.event.type === "session_death" && covers(event, row.event);
    const deaths = this.#rows.filter(isPart).flatMap((row) => row.events);
    this.#remove(isPart);
    this.#rows.push(rowOf([...deaths, event]));
  }

  /** The third of the same in a row makes one row of them, and every further one joins it. */
  #foldRepetition(event: TownEvent): boolean {
    const message = describeEvent(event);
    const isSame = (row: FeedRow | undefined): row is FeedRow =>
      row !== undefined &&
      row.event.type === event.type &&
      row.event.actor === event.actor &&
      describeEvent(row.event) === message;
    let start = this.#rows.length;
    while (isSame(this.#rows[start - 1])) start--;
    const all = [...this.#rows.slice(start).flatMap((row) => row.events), event];
    if (all.length < this.#windows.minAggregateCount) return false;
    this.#rows.length = start;
    this.#rows.push({ event, events: all, message: `${message} ×${all.length}` });
    return true;
  }

  #findRecent(
    event: TownEvent,
    withinMs: number,
    isSame: (row: FeedRow, event: TownEvent) => boolean,
  ): number {
    return this.#rows.findLastIndex(
      (row) =>
        row.event.type === event.type && isSame(row, event) && timeOf(event) - timeOf(row.event) <= withinMs,
    );
  }

  #remove(isPart: (row: FeedRow) => boolean): void {
    const kept = this.#rows.filter((row) => !isPart(row));
    this.#rows.length = 0;
    this.#rows.push(...kept);
  }
}

function rowOf(events: readonly TownEvent[]): FeedRow {
  const event = events.at(-1);
  if (!event) throw new Error("a row needs an event");
  return { event, events, message: describeEvent(event) };
}

function isDispatch(event: TownEvent): boolean {
  return event.type === "sling" || event.type === "scheduler_dispatch";
}

function sameActorAndBead(row: FeedRow, event: TownEvent): boolean {
  return row.event.actor === event.actor && bead(row.event) === bead(event);
}

/** The mass death names the session, or happened so close to the death that it counted it. */
function covers(mass: TownEvent, death: TownEvent): boolean {
  if (mass.type !== "mass_death") return false;
  const window = parseDuration(String(mass.payload["window"] ?? "")) ?? massDeathMs;
  if (Math.abs(timeOf(mass) - timeOf(death)) > window) return false;
  const sessions = mass.payload["sessions"];
  return !Array.isArray(sessions) || sessions.includes(death.payload["session"]);
}

function bead(event: TownEvent): unknown {
  return event.payload["bead"];
}

function timeOf(event: TownEvent): number {
  return Date.parse(event.ts) || 0;
}
