import { Curation, curationWindows } from "../../../core/events/curate-events.ts";
import type { TownEvent } from "../../../core/events/event.ts";
import { parseEvent } from "../../../core/events/event-log.ts";
import { EventTail } from "../../../core/events/event-tail.ts";
import { appendFeed, feedRecords, lastFeedTime } from "../../../core/events/feed-file.ts";
import { RecentIds, readEvents } from "../../../core/events/read-events.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** As many rows are remembered, for those that join them. */
const remembered = 200;
/** A daemon that was away catches up on so many events. */
const mostCaughtUp = 1000;
/** Events are written a little after the change that they tell of. */
const lookAgainMs = 1000;

/** Keeps `<town>/.feed.jsonl`, the curated feed for readers outside (spec/06 §9.7). Woken by the ledger's changes. */
export class FeedDuty {
  readonly #context: DaemonContext;
  #tail: EventTail | undefined;
  readonly #curation: Curation;
  readonly #recent = new RecentIds();
  #isQuiet = false;

  constructor(context: DaemonContext) {
    this.#context = context;
    this.#curation = new Curation(curationWindows(context.town.settings()), remembered);
  }

  readonly duty: Duty = {
    key: "feed",
    run: async () => {
      const events = this.#tail === undefined ? this.#catchUp() : this.#news(this.#tail);
      appendFeed(this.#context.town.paths.feed, feedRecords(this.#curation, events));
      // One more look after the last that found something, and after the first that did not.
      const wasQuiet = this.#isQuiet;
      this.#isQuiet = events.length === 0;
      return this.#isQuiet && wasQuiet ? {} : { againMs: lookAgainMs };
    },
  };

  close(): void {
    this.#tail?.close();
  }

  /** What happened since the last line that an earlier daemon wrote. */
  #catchUp(): readonly TownEvent[] {
    const { events, feed } = this.#context.town.paths;
    this.#tail = new EventTail(events);
    const last = Date.parse(lastFeedTime(feed) ?? "");
    const since = Number.isNaN(last) ? {} : { since: last };
    const past = readEvents(events, {
      filter: { visibility: "feed", ...since },
      limit: Number.isNaN(last) ? remembered : mostCaughtUp,
      end: this.#tail.position,
    });
    for (const { id } of past) this.#recent.has(id);
    return Number.isNaN(last) ? past : past.filter(({ ts }) => Date.parse(ts) > last);
  }

  #news(tail: EventTail): readonly TownEvent[] {
    return tail.read().flatMap((line) => {
      const event = parseEvent(line);
      return event === undefined || event.visibility !== "feed" || this.#recent.has(event.id) ? [] : [event];
    });
  }
}
