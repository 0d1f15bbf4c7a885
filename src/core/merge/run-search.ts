import type { QueueDraft } from "./queue-draft.ts";
import type { Fact, Probe, Run } from "./queue-state.ts";
import { noteBaseRed, turnGreen } from "./red-target.ts";
import { chargeCrash, endRun } from "./run-end.ts";
import { nextMove, pointless, unknown } from "./search.ts";

const second = 1000;
const minute = 60 * second;
/** Waits before a gate that could not be run is tried again; then the run ends (spec/05 §2.5). */
const errorDelays: readonly number[] = [10 * second, 60 * second];

/** A gate run has ended. Results that no longer count are ignored. */
export function takeGated(draft: QueueDraft, fact: Extract<Fact, { t: "gated" }>): void {
  const { run } = draft.state;
  const probe = run?.probes[fact.prefix];
  if (run?.phase !== "searching" || probe === undefined) return;
  const isAwaited = probe.flying && probe.attempts === fact.attempt;
  // Green proves what it proves, even of a gate that was cancelled a moment too late; anything else of that one is over.
  if (!isAwaited && (fact.verdict !== "green" || fact.attempt > probe.attempts)) return;
  if (fact.verdict === "error") {
    takeGateError(draft, run, fact.prefix, fact.failed);
    return;
  }

  draft.setProbe(fact.prefix, {
    ...judged(probe, fact, draft.state.policy.retryFlaky),
    flying: probe.flying && !isAwaited,
  });
  searchOn(draft);
}

/** What is known of a prefix after a verdict on it. */
function judged(probe: Probe, fact: Extract<Fact, { t: "gated" }>, retryFlaky: number): Probe {
  const reruns = probe.reruns + (probe.verdict === "red" ? 1 : 0);
  if (fact.verdict === "green") return { ...probe, reruns, verdict: "green", confirmed: false, failed: [] };
  if (probe.verdict === "green") return probe;
  const confirmed = fact.isFinal ?? reruns >= retryFlaky;
  return { ...probe, reruns, verdict: "red", confirmed, failed: fact.failed };
}

function takeGateError(draft: QueueDraft, run: Run, prefix: number, because: readonly string[]): void {
  draft.setProbe(prefix, { ...(run.probes[prefix] ?? unknown), flying: false });
  const delay = errorDelays[run.errors];
  if (delay !== undefined) {
    const at = draft.state.now + delay;
    draft.setRun({ ...(draft.run ?? run), errors: run.errors + 1, retry: { prefix, at } });
    draft.do({ do: "wake", at });
    return;
  }
  const errors = draft.target(run.target).errors + 1;
  const members = run.items.slice(run.landed).map((item) => item.id);
  chargeCrash(draft, members);
  draft.patchTarget(run.target, { errors });
  const reason = because.length > 0 ? `error: ${because.join(", ")}` : "error";
  endRun(draft, members, reason, {
    hold: { because: reason, ms: Math.min(15, 2 ** (errors - 1)) * minute },
    aborted: true,
  });
}

/** Does what the search for the first red prefix does next (spec/05 §2.6). */
export function searchOn(draft: QueueDraft): void {
  const { run } = draft.state;
  if (run?.phase !== "searching" || run.retry !== null) return;
  for (const prefix of pointless(run.probes)) draft.cancel(prefix);
  const current = draft.run;
  if (current === null) return;
  const move = nextMove(current, draft.state.policy);
  switch (move.move) {
    case "wait":
      return;
    case "gate":
      for (const prefix of move.prefixes) startGate(draft, prefix);
      return;
    case "confirm":
      startGate(draft, move.prefix);
      return;
    case "land":
      draft.setRun({ ...current, pushing: move.upTo });
      draft.do({ do: "push", upTo: move.upTo, expect: current.expect });
      return;
    case "eject":
      eject(draft, current, move.prefix);
      return;
    case "baseRed":
      noteBaseRed(draft, current);
      return;
    case "done":
      if (current.items.length === 0) turnGreen(draft, current.target);
      endRun(draft, [], "done", {});
      return;
  }
}

/** Gates a prefix, or only its failed gates when it is red already. */
export function startGate(draft: QueueDraft, prefix: number): void {
  const probe = draft.run?.probes[prefix];
  if (probe === undefined) return;
  const attempt = probe.attempts + 1;
  draft.setProbe(prefix, { ...probe, attempts: attempt, flying: true });
  const only = probe.verdict === "red" && probe.failed.length > 0 ? { only: probe.failed } : {};
  draft.do({ do: "gate", prefix, attempt, ...only });
}

function eject(draft: QueueDraft, run: Run, prefix: number): void {
  const item = run.items[prefix - 1];
  if (item === undefined) return;
  draft.leaveQueue([item.id]);
  draft.decided(run.target, [true]);
  draft.do({ do: "eject", id: item.id, greenPrefix: prefix - 1, redPrefix: prefix });
  const rest = run.items.slice(prefix).map((later) => later.id);
  endRun(draft, rest, `after ${item.id} was set aside`, {});
}
