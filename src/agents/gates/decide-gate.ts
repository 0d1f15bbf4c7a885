import type { Bead, Time } from "../../core/ledger/bead.ts";
import type { WorkflowRun } from "./workflow-run.ts";

/** What a gate keeps of its own life in `metadata.gate` (spec/02 §14.1). */
export interface GateRecord {
  readonly state: "waiting" | "armed" | "resolved" | "failed";
  /** Timers and deadlines count from here. */
  readonly armedAt: Time;
  readonly lastReason: string;
  readonly escalatedAt: Time | undefined;
}

/** A gate that came in without a record is armed since it was created (spec/01 §4.6). */
export function gateRecord(gate: Bead): GateRecord {
  const own = gate.metadata["gate"];
  const fields = typeof own === "object" && own !== null ? (own as Readonly<Record<string, unknown>>) : {};
  const time = (value: unknown) => {
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    return Number.isNaN(ms) ? undefined : ms;
  };
  const state = fields["state"];
  return {
    state:
      gate.status === "closed" ? "resolved" : state === "waiting" || state === "failed" ? state : "armed",
    armedAt: time(fields["armed_at"]) ?? gate.createdAt,
    lastReason: typeof fields["last_reason"] === "string" ? fields["last_reason"] : "",
    escalatedAt: time(fields["escalated_at"]),
  };
}

/** When the timer runs out or the deadline passes; undefined for a gate without, and for one that is not armed yet. */
export function deadlineOf(gate: Bead): Time | undefined {
  if (gateRecord(gate).state === "waiting") return undefined;
  return gate.timeoutNs > 0 || gate.awaitType === "timer"
    ? gateRecord(gate).armedAt + gate.timeoutNs / 1e6
    : undefined;
}

/** What was seen of the thing that a gate waits for. */
export type GateFacts =
  | { readonly kind: "clock" }
  | { readonly kind: "bead"; readonly id: string; readonly bead: Bead | undefined }
  | { readonly kind: "mail"; readonly subject: string | undefined }
  /** `run` is undefined when GitHub knows no run of that number, null when none has begun yet. */
  | { readonly kind: "run"; readonly run: WorkflowRun | undefined | null }
  | { readonly kind: "pull-request"; readonly state: "OPEN" | "MERGED" | "CLOSED" | undefined }
  | { readonly kind: "person" }
  | { readonly kind: "condition"; readonly holds: boolean }
  /** Nothing could be seen. */
  | { readonly kind: "unknown"; readonly why: string };

export interface GateVerdict {
  /** `unknown`: it could not be told, which is never a yes. `person`: no machine can tell. */
  readonly is: "met" | "pending" | "failed" | "unknown" | "person";
  readonly why: string;
}

/** Whether a gate opens (spec/02 §14.2). Pure. */
export function decideGate(gate: Bead, facts: GateFacts, now: Time): GateVerdict {
  if (facts.kind === "person") {
    const deadline = deadlineOf(gate);
    return deadline === undefined || now < deadline
      ? { is: "person", why: "a person resolves it" }
      : { is: "failed", why: `nobody has answered until ${new Date(deadline).toISOString()}` };
  }
  if (facts.kind === "unknown") return { is: "unknown", why: facts.why };
  if (gateRecord(gate).state === "waiting") return { is: "pending", why: "not armed yet" };
  const verdict = seen(gate, facts, now);
  const deadline = deadlineOf(gate);
  if (verdict.is !== "pending" || gate.awaitType === "timer" || deadline === undefined || now < deadline)
    return verdict;
  return { is: "failed", why: `${verdict.why}; deadline ${new Date(deadline).toISOString()} has passed` };
}

function seen(
  gate: Bead,
  facts: Exclude<GateFacts, { readonly kind: "person" | "unknown" }>,
  now: Time,
): GateVerdict {
  switch (facts.kind) {
    case "clock": {
      const dueAt = deadlineOf(gate) ?? now;
      return now >= dueAt
        ? { is: "met", why: "timer elapsed" }
        : { is: "pending", why: `timer runs until ${new Date(dueAt).toISOString()}` };
    }
    case "bead":
      return ofBead(facts.id, facts.bead);
    case "mail":
      return facts.subject === undefined
        ? { is: "pending", why: `no mail "${gate.awaitId}" yet` }
        : { is: "met", why: `mail "${facts.subject}" has come` };
    case "run":
      return ofRun(gate, facts.run);
    case "pull-request":
      return ofPullRequest(gate, facts.state);
    case "condition":
      return facts.holds
        ? { is: "met", why: `${gate.awaitId} holds` }
        : { is: "pending", why: `${gate.awaitId} does not hold yet` };
  }
}

function ofBead(id: string, bead: Bead | undefined): GateVerdict {
  if (bead === undefined) return { is: "failed", why: `${id} does not exist` };
  if (bead.status !== "closed") return { is: "pending", why: `${id} is ${bead.status}` };
  return bead.outcome === "failure"
    ? { is: "failed", why: `${id} has failed: ${bead.closeReason}` }
    : { is: "met", why: `${id} is closed` };
}

function ofRun(gate: Bead, run: WorkflowRun | undefined | null): GateVerdict {
  if (run === null) return { is: "pending", why: "no run yet" };
  if (run === undefined) return { is: "failed", why: `run ${gate.awaitId} does not exist` };
  if (run.status !== "completed") return { is: "pending", why: `run ${run.number} is ${run.status}` };
  return run.conclusion === "success" || run.conclusion === "skipped"
    ? { is: "met", why: `run ${run.number} ended with ${run.conclusion}` }
    : { is: "failed", why: `run ${run.number} ended with ${run.conclusion || "no conclusion"}` };
}

function ofPullRequest(gate: Bead, state: "OPEN" | "MERGED" | "CLOSED" | undefined): GateVerdict {
  if (state === undefined) return { is: "failed", why: `pull request ${gate.awaitId} does not exist` };
  if (state === "MERGED") return { is: "met", why: `pull request ${gate.awaitId} is merged` };
  return state === "OPEN"
    ? { is: "pending", why: `pull request ${gate.awaitId} is open` }
    : { is: "failed", why: `pull request ${gate.awaitId} was closed without a merge` };
}
