import type { QueueDraft } from "./queue-draft.ts";
import type { Fact, Run } from "./queue-state.ts";
import { turnGreen } from "./red-target.ts";
import { abortRun, finalise, isLanded } from "./run-end.ts";
import { searchOn } from "./run-search.ts";

const second = 1000;
const minute = 60 * second;
const movesBeforeHold = 3;
const holdMs = { denied: 15 * minute, dirty: 30 * second, moved: minute, infra: minute } as const;

/** Items up to `upTo` are on the target; the search for more goes on, unless one of them was taken back meanwhile. */
export function takePushed(draft: QueueDraft, upTo: number): void {
  const { run } = draft.state;
  if (run == null || run.pushing === null || upTo > run.pushing || upTo <= run.landed) return;
  const expect = run.items[upTo - 1]?.landing ?? run.expect;
  draft.setRun({ ...run, pushing: null });
  noteLanded(draft, upTo, expect);
  const now = draft.run;
  if (now?.withdrawn.some((id) => !isLanded(now, id))) abortRun(draft, "a member was withdrawn");
  else searchOn(draft);
}

/** Ends the run without blame; who pushes, protects or edits the target decides when it is tried again (spec/05 §2.8). */
export function takePushFailed(draft: QueueDraft, kind: Extract<Fact, { t: "pushFailed" }>["kind"]): void {
  const { run } = draft.state;
  if (run == null || run.pushing === null) return;
  if (kind === "infra") {
    draft.cancelFlights(run);
    draft.setRun({ ...(draft.run ?? run), pushing: null, phase: "arriving" });
    draft.do({ do: "sync", target: run.target });
    return;
  }
  draft.setRun({ ...run, pushing: null });
  if (kind === "moved") {
    const moves = draft.target(run.target).moves + 1;
    draft.patchTarget(run.target, { moves: moves % movesBeforeHold });
    abortRun(
      draft,
      "the target moved",
      moves < movesBeforeHold ? {} : { hold: { because: "target_moved", ms: holdMs.moved } },
    );
    return;
  }
  if (kind === "waiting" || kind === "withdrawn") {
    abortRun(draft, kind === "waiting" ? "a pull request is not ready" : "a member was withdrawn");
    return;
  }
  const because = kind === "denied" ? "push_denied" : "origin_dirty";
  abortRun(draft, because, { hold: { because, ms: holdMs[kind] } });
}

/** The remote has been asked whether an interrupted push arrived. */
export function takeArrival(draft: QueueDraft, run: Run, onTarget: readonly string[]): void {
  const arrived = run.items.findLastIndex((item) => onTarget.includes(item.id)) + 1;
  if (arrived > run.landed) {
    const expect = run.items[arrived - 1]?.landing ?? run.expect;
    draft.setRun({ ...run, phase: "searching" });
    noteLanded(draft, arrived, expect);
    abortRun(draft, "the push was interrupted");
    return;
  }
  abortRun(draft, "the push was interrupted", { hold: { because: "push failed", ms: holdMs.infra } });
}

function noteLanded(draft: QueueDraft, upTo: number, expect: string): void {
  const { run } = draft.state;
  if (run === null) return;
  const ids = run.items.slice(run.landed, upTo).map((item) => item.id);
  draft.setRun({ ...run, landed: upTo, expect });
  draft.patchTarget(run.target, { moves: 0, errors: 0 });
  draft.decided(
    run.target,
    ids.map(() => false),
  );
  finalise(draft, ids);
  if (draft.target(run.target).red !== undefined) turnGreen(draft, run.target);
}
