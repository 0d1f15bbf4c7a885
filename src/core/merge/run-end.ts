import type { QueueDraft } from "./queue-draft.ts";
import type { Run } from "./queue-state.ts";

/** Runs that crash before a request that was alone in the last one is taken for poison (spec/05 §2.10). */
const poisonCrashes = 3;

/** Ends a run without blame: everything that is not on the target goes back, or out if it was withdrawn. */
export function abortRun(
  draft: QueueDraft,
  because: string,
  options: { hold?: { because: string; ms: number } } = {},
): void {
  const { run } = draft.state;
  if (run === null) return;
  const waiting = run.items.slice(run.landed).map((item) => item.id);
  for (const id of run.withdrawn) if (!isLanded(run, id)) draft.do({ do: "drop", id });
  endRun(
    draft,
    waiting.filter((id) => !run.withdrawn.includes(id)),
    because,
    { ...options, aborted: true },
  );
}

/** Ends a run; those that are released go back to the queue and do not wait for company again. */
export function endRun(
  draft: QueueDraft,
  released: readonly string[],
  because: string,
  options: { hold?: { because: string; ms: number }; aborted?: boolean },
): void {
  const { run } = draft.state;
  if (run === null) return;
  draft.cancelFlights(run);
  if (released.length > 0) {
    draft.carry(released);
    draft.do({ do: "release", ids: released, because });
  }
  if (options.hold !== undefined) holdTarget(draft, run.target, options.hold.because, options.hold.ms);
  draft.setRun(null);
  draft.do({ do: "finish", target: run.target, aborted: options.aborted === true });
}

function holdTarget(draft: QueueDraft, target: string, because: string, ms: number): void {
  const until = draft.state.now + ms;
  draft.patchTarget(target, { hold: { because, until } });
  draft.do({ do: "hold", target, because, until });
}

/** A request that crashed three runs and was alone in the last one is taken for the reason (spec/05 §2.10). */
export function chargeCrash(draft: QueueDraft, members: readonly string[]): void {
  const alone = members.length === 1;
  for (const id of members) {
    const mr = draft.state.queue.find((waiting) => waiting.id === id);
    if (mr === undefined) continue;
    if (alone && mr.crashes + 1 >= poisonCrashes) {
      draft.leaveQueue([id]);
      draft.do({ do: "quarantine", id, because: "crashes_runner" });
    } else draft.replace({ ...mr, crashes: mr.crashes + 1 });
  }
}

/** Lets requests that are on the target leave the queue, and those that waited for them go on. */
export function finalise(draft: QueueDraft, ids: readonly string[]): void {
  if (ids.length === 0) return;
  draft.leaveQueue(ids);
  // What was waited for is there.
  const queue = draft.state.queue.map((mr) =>
    mr.dependsOn.some((id) => ids.includes(id))
      ? { ...mr, dependsOn: mr.dependsOn.filter((id) => !ids.includes(id)) }
      : mr,
  );
  draft.state = { ...draft.state, queue };
  draft.do({ do: "finalise", ids });
}

export function isLanded(run: Run, id: string): boolean {
  const position = run.items.findIndex((item) => item.id === id);
  return position >= 0 && position < run.landed;
}
