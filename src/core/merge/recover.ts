import { suspectCrashes } from "./batch.ts";
import type { Sha } from "./queue-state.ts";
import type { RunRecord } from "./run-record.ts";

/**
 * Deaths of the process under a gate, one after the other, until a request is taken for poison (spec/05 §2.10): two make it
 * go alone, and then it has to happen three times more. Whoever kills daemons does not hit the same one so often.
 */
export const poisonDeaths = 5;

/**
 * What is held against a request after a process died under the gates of `run`. A suspect of it has one death more; another
 * member is only brought to go alone, which lets the queue get on however often processes die; and whoever was not there has
 * never ended a process alone. Pure.
 */
export function deathsAfter(
  run: Pick<RunRecord, "ids" | "items" | "probes">,
  { id, crashes }: { readonly id: string; readonly crashes: number },
): number {
  if (suspectsOf(run).includes(id)) return crashes + 1;
  const isMember = run.ids.includes(id);
  return isMember && crashes < suspectCrashes ? crashes + 1 : Math.min(crashes, suspectCrashes);
}

/**
 * Members whose gate may have ended the process: those that a gate was looking at, and that none had looked at to its end
 * in this run. Pure.
 */
export function suspectsOf({ items, probes }: Pick<RunRecord, "items" | "probes">): readonly string[] {
  const highest = (wanted: (verdict: RunRecord["probes"][number]["verdict"]) => boolean): number =>
    Math.max(0, ...probes.filter(({ verdict }) => wanted(verdict)).map(({ prefix }) => prefix));
  const seenToTheEnd = highest((verdict) => verdict === "green" || verdict === "red");
  return items
    .slice(
      seenToTheEnd,
      highest((verdict) => verdict === undefined),
    )
    .map(({ id }) => id);
}

/** The items of an abandoned run, in order. Before the stack is recorded their landing commits are unknown. */
export interface AbandonedRun {
  readonly ids: readonly string[];
  readonly items: readonly { readonly id: string; readonly landing: Sha }[];
}

/**
 * What became of a run whose process died: ancestry alone decides (spec/05 §2.11). Landing commits are a chain, so that
 * everything up to the last one found on the target has landed.
 */
export function recover(
  run: AbandonedRun,
  isOnTarget: (sha: Sha) => boolean,
): { readonly landed: readonly string[]; readonly release: readonly string[] } {
  const last = run.items.findLastIndex((item) => isOnTarget(item.landing));
  const landed = run.items.slice(0, last + 1).map((item) => item.id);
  return { landed, release: run.ids.filter((id) => !landed.includes(id)) };
}
