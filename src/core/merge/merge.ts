import { formBatch } from "./batch.ts";
import { QueueDraft } from "./queue-draft.ts";
import type { Command, Fact, QueueState } from "./queue-state.ts";
import { abortRun } from "./run-end.ts";
import { takePushed, takePushFailed } from "./run-push.ts";
import { searchOn, startGate, takeGated } from "./run-search.ts";
import { startRun, takeStacked, takeSynced, takeSyncFailed } from "./run-start.ts";
import { inQueueOrder } from "./score.ts";

export interface Step {
  readonly state: QueueState;
  readonly commands: readonly Command[];
}

/**
 * The merge queue's decisions: a pure function from what is known and one new fact to what is known then and what is to
 * be done (spec/05 §2.14). It knows no clock, no randomness and no I/O. Facts about things that are over are ignored.
 */
export function step(state: QueueState, fact: Fact): Step {
  const draft = new QueueDraft(state);
  take(draft, fact);
  if (draft.run === null) startSomething(draft);
  return { state: draft.state, commands: draft.commands };
}

function take(draft: QueueDraft, fact: Fact): void {
  switch (fact.t) {
    case "clock":
      takeClock(draft, fact.now);
      return;
    case "arrived":
      takeArrived(draft, fact.mr);
      return;
    case "withdrawn":
      takeWithdrawn(draft, fact.id);
      return;
    case "synced":
      takeSynced(draft, fact);
      return;
    case "stopped":
      abortRun(draft, "the queue was stopped");
      return;
    case "syncFailed":
      takeSyncFailed(draft, fact);
      return;
    case "stacked":
      takeStacked(draft, fact);
      return;
    case "gated":
      takeGated(draft, fact);
      return;
    case "pushed":
      takePushed(draft, fact.upTo);
      return;
    case "pushFailed":
      takePushFailed(draft, fact.kind);
      return;
  }
}

/** Chooses the target of the most urgent request that may run now, or says when to look again (spec/05 §2.2 step 4). */
function startSomething(draft: QueueDraft): void {
  const { queue, now } = draft.state;
  const wakes: number[] = [];
  const targets = new Set(inQueueOrder(queue, now).map((mr) => mr.target));
  for (const target of targets) {
    const state = draft.target(target);
    if (state.hold !== undefined && state.hold.until > now) {
      wakes.push(state.hold.until);
      continue;
    }
    const { red } = state;
    const plan = formBatch(
      draft.state,
      target,
      state,
      red === undefined ? {} : { alone: true, tried: red.tried },
    );
    if (plan.plan === "batch") {
      startRun(draft, target, red === undefined ? "batch" : "solo");
      return;
    }
    if (plan.plan === "wait") wakes.push(plan.until);
    if (red === undefined) continue;
    const lookAt = Math.min(red.lookAt, red.probeAt);
    if (lookAt <= now) {
      startRun(draft, target, "base");
      return;
    }
    wakes.push(lookAt);
  }
  if (wakes.length > 0) draft.do({ do: "wake", at: Math.min(...wakes) });
}

function takeClock(draft: QueueDraft, now: number): void {
  draft.state = { ...draft.state, now };
  const { run } = draft.state;
  if (run?.retry == null) return;
  if (run.retry.at > now) {
    draft.do({ do: "wake", at: run.retry.at });
    return;
  }
  draft.setRun({ ...run, retry: null });
  if (run.probes[run.retry.prefix]?.verdict === "green") searchOn(draft);
  else startGate(draft, run.retry.prefix);
}

function takeArrived(draft: QueueDraft, mr: QueueState["queue"][number]): void {
  const before = draft.state.queue.find((other) => other.id === mr.id);
  const queue = draft.state.queue.filter((other) => other !== before);
  draft.state = { ...draft.state, queue: [...queue, mr] };
  const { red } = draft.target(mr.target);
  // A new head may repair what the old one did not.
  if (before !== undefined && before.head !== mr.head && red?.tried.includes(mr.id))
    draft.patchTarget(mr.target, { red: { ...red, tried: red.tried.filter((id) => id !== mr.id) } });
}

function takeWithdrawn(draft: QueueDraft, id: string): void {
  const { run } = draft.state;
  draft.leaveQueue([id]);
  if (run === null) return;
  const position = run.items.findIndex((item) => item.id === id);
  const isMember = run.phase === "stacking" ? run.ids.includes(id) : position >= run.landed;
  if (!isMember || run.withdrawn.includes(id)) return;
  draft.setRun({ ...run, withdrawn: [...run.withdrawn, id] });
  if (run.phase === "searching" && run.pushing === null) abortRun(draft, "a member was withdrawn");
}
