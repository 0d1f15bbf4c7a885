import { recordEvents } from "../../core/events/event-log.ts";
import type { TownPaths } from "../../core/town/town.ts";
import { endEvent, limitEvent, readyEvent, waitingEvent } from "./session-events.ts";
import type { SessionEvent } from "./session-host.ts";
import { readLastScreen } from "./session-records.ts";

/** Tells the town's event log what becomes of sessions (spec/03 §12). */
export class SessionLog {
  readonly #paths: Pick<TownPaths, "events" | "sessions">;
  /** Runs whose readiness was told. */
  readonly #ready = new Set<string>();

  constructor(paths: Pick<TownPaths, "events" | "sessions">) {
    this.#paths = paths;
  }

  note(event: SessionEvent): void {
    if (event.type === "exited") {
      this.#ready.delete(event.record.runId);
      const tail = readLastScreen(this.#paths.sessions, event.record.session).slice(-20);
      recordEvents(this.#paths.events, [endEvent(event.record, tail)]);
    }
    if (event.type !== "phase") return;
    const { record } = event;
    if (record.readyAt !== undefined && !this.#ready.has(record.runId)) {
      this.#ready.add(record.runId);
      recordEvents(this.#paths.events, [readyEvent(record, record.readyAt)]);
    }
    // A phase event may also tell something else about the record: the log's ids keep one line for each wait.
    if (record.phase === "limited") recordEvents(this.#paths.events, [limitEvent(record)]);
    if (record.phase === "waiting") recordEvents(this.#paths.events, [waitingEvent(record)]);
  }
}
