import { dirname } from "node:path";
import { watch } from "chokidar";
import type { EventFilter, TownEvent } from "./event.ts";
import { EventTail } from "./event-tail.ts";
import { parseEvent } from "./event-log.ts";
import { type EventContext, matchesEvent } from "./match-event.ts";
import { RecentIds, readEvents } from "./read-events.ts";

export interface FollowOptions {
  readonly filter?: EventFilter;
  /** How many events of the past come first; none by default. */
  readonly past?: number;
  readonly context?: () => EventContext;
  /** A further condition. */
  readonly accepts?: (event: TownEvent) => boolean;
  /** Told about lines that are no events. */
  readonly onBadLine?: () => void;
}

export interface Follower {
  close(): Promise<void>;
}

/** A watcher may miss a change on odd file systems; looking at the size costs nothing worth measuring. */
const safetyMs = 2000;

/**
 * Hands over events as they are appended, oldest first, each once, across rotations (spec/06 §9.3). The events of the
 * past come in the first call, which happens before this resolves, also when there are none.
 */
export async function followEvents(
  file: string,
  options: FollowOptions,
  onEvents: (events: readonly TownEvent[]) => void,
): Promise<Follower> {
  const tail = new EventTail(file);
  const recent = new RecentIds();
  const accept = (lines: readonly string[]): readonly TownEvent[] =>
    lines.flatMap((line) => {
      if (line === "") return [];
      const event = parseEvent(line);
      if (!event) options.onBadLine?.();
      if (!event || recent.has(event.id)) return [];
      const isWanted =
        matchesEvent(event, options.filter, options.context?.()) && options.accepts?.(event) !== false;
      return isWanted ? [event] : [];
    });
  const look = () => {
    const events = accept(tail.read());
    if (events.length > 0) onEvents(events);
  };

  const limit = options.past ?? 0;
  const context = options.context?.();
  const past =
    limit === 0
      ? []
      : readEvents(file, {
          limit,
          end: tail.position,
          ...(options.filter ? { filter: options.filter } : {}),
          ...(context ? { context } : {}),
          ...(options.accepts ? { accepts: options.accepts } : {}),
        });
  for (const event of past) recent.has(event.id);
  onEvents(past);

  // The directory, not the file: the file may not be there yet, and rotation replaces it.
  const directory = dirname(file);
  const watcher = watch(directory, {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => path !== directory && path !== file,
  });
  watcher.on("all", look);
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  const timer = setInterval(look, safetyMs);
  look();
  return {
    close: async () => {
      clearInterval(timer);
      await watcher.close();
      tail.close();
    },
  };
}
