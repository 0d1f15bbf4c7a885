import type { TownEvent } from "../../core/events/event.ts";
import { readEvents } from "../../core/events/read-events.ts";
import { watchLedger } from "../../core/ledger/watch-ledger.ts";
import type { TownAccess } from "../town-access.ts";
import { type DemoStanding, demoStanding } from "./demo-progress.ts";

export interface DemoRunOptions {
  readonly signal: AbortSignal;
  /** Gives up after so long: something is wrong then. */
  readonly timeoutMs: number;
  readonly onEvents: (events: readonly TownEvent[]) => void;
}

export interface DemoOutcome extends DemoStanding {
  readonly ended: "complete" | "interrupted" | "timeout";
}

const safetyMs = 2000;

/** Follows the demo until everything that can land by itself has landed. */
export async function followDemo(access: TownAccess, options: DemoRunOptions): Promise<DemoOutcome> {
  let told = 0;
  const tell = (): void => {
    const events = readEvents(access.town.paths.events, { filter: { visibility: "feed" } });
    options.onEvents(events.slice(told));
    told = events.length;
  };
  let wake: () => void = () => undefined;
  const feed = watchLedger(access.ledger, () => wake());
  const onAbort = (): void => wake();
  options.signal.addEventListener("abort", onAbort);
  const deadline = access.clock.now() + options.timeoutMs;
  try {
    for (;;) {
      const standing = await demoStanding(access);
      tell();
      if (standing.moving.length === 0) return { ...standing, ended: "complete" };
      if (options.signal.aborted) return { ...standing, ended: "interrupted" };
      if (access.clock.now() > deadline) return { ...standing, ended: "timeout" };
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, safetyMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    options.signal.removeEventListener("abort", onAbort);
    await feed.close();
  }
}
