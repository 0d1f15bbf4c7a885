import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { formatTime } from "../../core/clock.ts";
import type { Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";

const hour = 60 * 60_000;
/**
 * A daemon that keeps failing is started so often within an hour and then left to a person (spec/04 §10.2). One that was
 * killed from outside has not failed, and comes back however often that is done.
 */
const mostAnHour = 5;

/** Restarts of a daemon that hung or failed by itself, and that they were given up. Times in milliseconds since the epoch. */
export interface DaemonRestarts {
  readonly restartedAt: readonly number[];
  readonly gaveUp?: { readonly at: string; readonly reason: string };
}

/** All that is needed of a town. */
type Place = { readonly paths: Pick<Town["paths"], "daemon"> };
const restartsFile = (town: Place): string => join(town.paths.daemon, "restarts.json");

/** The restarts after one more at `now`; given up when there were too many. Pure. */
export function nextRestart(before: DaemonRestarts, now: number, lastWords: string): DaemonRestarts {
  if (before.gaveUp !== undefined) return before;
  const restartedAt = before.restartedAt.filter((at) => at > now - hour);
  if (restartedAt.length < mostAnHour) return { restartedAt: [...restartedAt, now] };
  const reason = `the daemon failed ${restartedAt.length + 1} times within an hour and is not started any more`;
  return {
    restartedAt,
    gaveUp: { at: formatTime(now), reason: lastWords ? `${reason}: ${lastWords}` : reason },
  };
}

/** Why nobody but a person starts the daemon; undefined when it may be started. Costs one look when all is well. */
export function whyGivenUp(town: Place): string | undefined {
  return readRestarts(town).gaveUp?.reason;
}

/** What a daemon that hangs or cannot begin leaves behind for the next one. */
export const lastWordsFile = (town: Place): string => join(town.paths.daemon, "last-words");

/** Counts the restart of one that has failed. False when there were too many: then it must not run. */
export async function takeRestart(town: Place, now: number): Promise<boolean> {
  const words = takeLastWords(town);
  if (words === undefined) return whyGivenUp(town) === undefined;
  const after = nextRestart(readRestarts(town), now, words);
  await writeFileAtomic(restartsFile(town), `${JSON.stringify(after)}\n`);
  return after.gaveUp === undefined;
}

function takeLastWords(town: Place): string | undefined {
  const file = lastWordsFile(town);
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined; // it ended in order, or was killed
  } finally {
    rmSync(file, { force: true });
  }
}

/** A person starts it: counting begins anew. */
export function forgetRestarts(town: Place): void {
  rmSync(lastWordsFile(town), { force: true });
  rmSync(restartsFile(town), { force: true });
}

function readRestarts(town: Place): DaemonRestarts {
  try {
    const value = JSON.parse(readFileSync(restartsFile(town), "utf8")) as Partial<DaemonRestarts>;
    const restartedAt = (value.restartedAt ?? []).filter((at) => typeof at === "number");
    const reason = value.gaveUp?.reason;
    if (typeof reason !== "string") return { restartedAt };
    return { restartedAt, gaveUp: { at: String(value.gaveUp?.at ?? ""), reason } };
  } catch {
    return { restartedAt: [] }; // it has never died
  }
}
