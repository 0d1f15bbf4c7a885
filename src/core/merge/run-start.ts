import { formBatch } from "./batch.ts";
import type { QueueDraft } from "./queue-draft.ts";
import type { Fact, Probe, Run, TargetState } from "./queue-state.ts";
import { lookAtRedMs, turnGreen } from "./red-target.ts";
import { abortRun, endRun, finalise } from "./run-end.ts";
import { takeArrival } from "./run-push.ts";
import { searchOn } from "./run-search.ts";
import { unknown } from "./search.ts";

/** Begins a run with a look at its target. */
export function startRun(draft: QueueDraft, target: string, purpose: Run["purpose"]): void {
  draft.setRun({
    target,
    phase: "syncing",
    purpose,
    ids: [],
    base: "",
    expect: "",
    items: [],
    probes: [],
    landed: 0,
    pushing: null,
    withdrawn: [],
    errors: 0,
    retry: null,
  });
  draft.do({ do: "sync", target });
}

/** The target was looked at: what had landed is finalised, and the batch is claimed (spec/05 §2.2). */
export function takeSynced(draft: QueueDraft, fact: Extract<Fact, { t: "synced" }>): void {
  const { run } = draft.state;
  if (run?.target !== fact.target) return;
  if (run.phase === "arriving") {
    takeArrival(draft, run, fact.landed);
    return;
  }
  if (run.phase !== "syncing") return;
  if (fact.landed.length > 0) finalise(draft, fact.landed);

  const red = draft.target(run.target).red;
  if (red !== undefined && fact.baseGreen) turnGreen(draft, run.target);
  const stillRed = fact.baseGreen ? undefined : red;
  if (stillRed !== undefined && (run.purpose === "base" || stillRed.base !== fact.base)) {
    probeBase(draft, run, fact.base, stillRed);
    return;
  }

  const plan = formBatch(
    { ...draft.state, policy: { ...draft.state.policy, batchWaitMs: 0 } },
    run.target,
    draft.target(run.target),
    stillRed === undefined ? {} : { alone: true, tried: stillRed.tried },
  );
  if (plan.plan !== "batch") {
    draft.setRun(null);
    return;
  }
  draft.patchTarget(run.target, { urgentLast: plan.urgent });
  const base: Probe = { ...unknown, verdict: fact.baseGreen ? "green" : null };
  draft.setRun({
    ...run,
    phase: "stacking",
    purpose: stillRed === undefined ? "batch" : "solo",
    ids: plan.ids,
    base: fact.base,
    expect: fact.base,
    probes: [base],
  });
  draft.do({ do: "stack", target: run.target, base: fact.base, ids: plan.ids });
}

/** Gates a red target's base alone: it has moved, or its environment may have recovered (spec/05 §2.7). */
function probeBase(draft: QueueDraft, run: Run, base: string, red: NonNullable<TargetState["red"]>): void {
  const { now } = draft.state;
  if (base === red.base && red.probeAt > now) {
    draft.patchTarget(run.target, { red: { ...red, lookAt: now + lookAtRedMs } });
    draft.setRun(null);
    return;
  }
  draft.setRun({
    ...run,
    phase: "searching",
    purpose: "base",
    base,
    expect: base,
    probes: [unknown],
  });
  searchOn(draft);
}

/** Nobody knows where the target is: nothing runs until then. */
export function takeSyncFailed(draft: QueueDraft, fact: Extract<Fact, { t: "syncFailed" }>): void {
  const { run } = draft.state;
  if (run?.target !== fact.target) return;
  const members = run.items.slice(run.landed).map((item) => item.id);
  endRun(draft, members, fact.because, { hold: { because: fact.because, ms: fact.retryMs } });
}

/** The stack is built: what does not fit on it is set aside or waits, the rest is gated. */
export function takeStacked(draft: QueueDraft, fact: Extract<Fact, { t: "stacked" }>): void {
  const { run } = draft.state;
  if (run?.phase !== "stacking") return;
  for (const out of fact.out) setRefusedAside(draft, out, run);
  const probes = fact.items.map(
    (item): Probe => ({ ...unknown, verdict: item.known === "green" ? "green" : null }),
  );
  draft.setRun({
    ...run,
    phase: "searching",
    items: fact.items.map(({ id, landing, tree }) => ({ id, landing, tree })),
    probes: [...run.probes, ...probes],
  });
  if (run.withdrawn.length > 0) {
    abortRun(draft, "a member was withdrawn");
    return;
  }
  if (fact.items.length === 0) {
    endRun(draft, [], "nothing to stack", {});
    return;
  }
  searchOn(draft);
}

function setRefusedAside(
  draft: QueueDraft,
  out: Extract<Fact, { t: "stacked" }>["out"][number],
  run: Run,
): void {
  if (run.withdrawn.includes(out.id)) return;
  switch (out.kind) {
    case "deferred":
      draft.carry([out.id]);
      draft.do({
        do: "release",
        ids: [out.id],
        because: `behind ${(out.behind ?? []).join(" ")}`.trim(),
      });
      return;
    case "missing":
      draft.leaveQueue([out.id]);
      draft.do({ do: "missing", id: out.id });
      return;
    default:
      draft.leaveQueue([out.id]);
      draft.do({ do: "conflict", id: out.id, kind: out.kind, files: out.files ?? [] });
      return;
  }
}
