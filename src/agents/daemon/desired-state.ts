import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, formatTime, systemClock } from "../../core/clock.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Town } from "../../core/town/town.ts";

/** What the human wants of the town (spec/04 §7.1): in a town that is down nobody starts anything on his own. */
export interface DesiredState {
  readonly state: "up" | "down";
  readonly since?: string;
  readonly by?: string;
  /** The town is on its way down, and what shall end; nothing once it is there. */
  readonly ending?: DownScope;
}

/** Which sessions end: all but the polecats', all but the crew's, all of them, or everything that ever was ours, verified. */
export type DownScope = "services" | "without-crew" | "polecats" | "all";

export const desiredFile = (town: Town): string => join(town.paths.daemon, "desired.json");

/** A town that was never told otherwise is wanted up: the first sling must not wait for a second command. */
export function readDesired(town: Town): DesiredState {
  try {
    const value = JSON.parse(readFileSync(desiredFile(town), "utf8")) as Partial<DesiredState>;
    return value.state === "down" ? { ...value, state: "down" } : { ...value, state: "up" };
  } catch {
    // Missing or damaged: see above.
    return { state: "up" };
  }
}

export async function writeDesired(
  town: Town,
  state: "up" | "down",
  by: string,
  clock: Clock = systemClock,
  ending?: DownScope,
): Promise<void> {
  const { ending: endingBefore, ...before } = readDesired(town);
  const isSame = before.state === state && before.since !== undefined;
  if (isSame && endingBefore === ending) return;
  const desired: DesiredState = {
    ...(isSame ? before : { state, since: formatTime(clock.now()), by }),
    ...(ending === undefined ? {} : { ending }),
  };
  await writeFileAtomic(desiredFile(town), `${JSON.stringify(desired)}\n`, { isVital: true });
}
