import type { ActorAddress, Bead, BeadId, Dependency, Time } from "../ledger/bead.ts";
import { type MoleculeRecord, stepRecord } from "./molecule-record.ts";
import type { ProtoStep } from "./proto.ts";

/**
 * `blocked`: a gate, something that failed or a person holds it back. `pending`: steps before it are not closed yet
 * (spec/02 §8.1).
 */
export type StepState = "done" | "failed" | "skipped" | "current" | "ready" | "blocked" | "pending";

/** One step of a molecule, whatever form the molecule has. */
export interface MoleculeStep {
  /** Its bead, or `<root>:<step>` in a root-only molecule. */
  readonly id: BeadId;
  /** The author's name for it. */
  readonly step: string;
  /** One-based place in cooked order. */
  readonly index: number;
  readonly wave: number;
  readonly title: string;
  readonly description: string;
  readonly acceptance: string;
  /** Names of the steps that come first. */
  readonly needs: readonly string[];
  readonly state: StepState;
  /** Nothing waits for it any more. */
  readonly isSettled: boolean;
  /** It holds other steps and closes by itself. */
  readonly isContainer: boolean;
  readonly isInteractive: boolean;
  /** Shell text that does it without AI. */
  readonly run: string | undefined;
  readonly assignee: ActorAddress;
  /** Why it was closed, has failed, or cannot begin. */
  readonly reason: string;
  readonly startedAt: Time | undefined;
  readonly closedAt: Time | undefined;
  readonly isOverlaid: boolean;
}

/** The steps of a root-only molecule, from the record of its root. Pure. */
export function rootOnlySteps(root: BeadId, record: MoleculeRecord): readonly MoleculeStep[] {
  const proto = record.proto ?? [];
  const marks = new Map(Object.entries(record.progress ?? {}));
  const byId = new Map(proto.map((step) => [step.id, step]));
  const children = Map.groupBy(proto, (step) => step.parent ?? "");
  const isSettled = (id: string): boolean => {
    const held = children.get(id);
    if (held !== undefined) return held.every((step) => isSettled(step.id));
    return ["done", "failed", "skipped"].includes(marks.get(id)?.s ?? "");
  };
  const needsOf = (step: ProtoStep): readonly string[] => {
    const parent = byId.get(step.parent ?? "");
    return parent === undefined ? step.needs : [...needsOf(parent), ...step.needs];
  };
  return proto.map((step) => {
    const mark = marks.get(step.id);
    const isContainer = children.has(step.id);
    const unmet = needsOf(step).filter((need) => byId.has(need) && !isSettled(need));
    const culprit = unmet.find((need) => marks.get(need)?.s === "blocked");
    const state = stateOf();
    return {
      id: `${root}:${step.id}`,
      step: step.id,
      index: step.index,
      wave: step.wave,
      title: step.title,
      description: step.description,
      acceptance: step.acceptance ?? "",
      needs: step.needs,
      state,
      isSettled: isSettled(step.id),
      isContainer,
      isInteractive: step.interactive === true,
      run: step.run,
      assignee: mark?.by ?? "",
      reason: mark?.reason ?? (state === "blocked" ? `${culprit} has failed` : ""),
      startedAt: mark?.s === "in_progress" ? Date.parse(mark.at) : undefined,
      closedAt: mark !== undefined && isSettled(step.id) ? Date.parse(mark.at) : undefined,
      isOverlaid: step.overlay === true,
    };

    function stateOf(): StepState {
      if (isContainer && isSettled(step.id)) return "done";
      if (mark?.s === "blocked") return "failed";
      if (mark?.s === "in_progress") return "current";
      if (mark !== undefined) return mark.s;
      if (unmet.length > 0) return culprit === undefined ? "pending" : "blocked";
      return isContainer ? "current" : "ready";
    }
  });
}

/** The steps of a poured molecule, from the beads below its root and the edges among them. Pure. */
export function pouredSteps(
  root: BeadId,
  below: readonly Bead[],
  edges: readonly Dependency[],
): readonly MoleculeStep[] {
  const beads = new Map(below.map((bead) => [bead.id, bead]));
  const outgoing = Map.groupBy(edges, (edge) => edge.from);
  const parents = new Set(edges.filter(({ type }) => type === "parent-child").map(({ to }) => to));
  const parts = stepsAmong(root, below, edges);
  const names = new Map(
    parts.map((bead, at) => [bead.id, stepRecord(bead)?.id ?? bead.id.split(".").at(-1) ?? `${at}`]),
  );
  return parts
    .map((bead, at): MoleculeStep => {
      const record = stepRecord(bead);
      const blockers = (outgoing.get(bead.id) ?? []).filter(({ type }) => type !== "parent-child");
      const { state, reason } = pouredState(
        bead,
        blockers.flatMap(({ to, type }) => (blocks(type) ? (beads.get(to) ?? []) : [])),
      );
      return {
        id: bead.id,
        step: names.get(bead.id) ?? bead.id,
        index: record?.index ?? at + 1,
        wave: record?.wave ?? 0,
        title: bead.title,
        description: bead.description,
        acceptance: bead.acceptanceCriteria,
        needs: blockers.flatMap(({ to, type }) => (type === "blocks" ? (names.get(to) ?? []) : [])),
        state,
        isSettled: bead.status === "closed",
        isContainer:
          record === undefined ? bead.type === "epic" && parents.has(bead.id) : record.container === true,
        isInteractive: record?.interactive === true,
        run: typeof bead.metadata["run"] === "string" ? bead.metadata["run"] : undefined,
        assignee: bead.assignee,
        reason,
        startedAt: bead.startedAt,
        closedAt: bead.closedAt,
        isOverlaid: false,
      };
    })
    .toSorted((one, other) => one.index - other.index);
}

const blocks = (type: string): boolean => type === "blocks" || type === "conditional-blocks";

/** What was poured as steps; in a molecule from elsewhere, whatever hangs under its root. */
function stepsAmong(root: BeadId, below: readonly Bead[], edges: readonly Dependency[]): readonly Bead[] {
  const marked = below.filter((bead) => stepRecord(bead) !== undefined);
  if (marked.length > 0) return marked;
  const direct = new Set(
    edges.flatMap(({ type, from, to }) => (type === "parent-child" && to === root ? [from] : [])),
  );
  return below.filter(
    ({ id, type, labels }) => direct.has(id) && type !== "gate" && !labels.includes("digest"),
  );
}

function pouredState(
  bead: Bead,
  blockers: readonly Bead[],
): { readonly state: StepState; readonly reason: string } {
  if (bead.status === "closed") {
    const state = bead.outcome === "failure" ? "failed" : bead.outcome === "skipped" ? "skipped" : "done";
    return { state, reason: bead.closeReason };
  }
  const failure = bead.metadata["failed"];
  if (bead.status === "blocked" && failure !== undefined) return { state: "failed", reason: String(failure) };
  if (bead.status === "blocked") return { state: "blocked", reason: "marked as blocked" };
  if (bead.status === "in_progress" || bead.status === "hooked") return { state: "current", reason: "" };
  if (!bead.isBlocked) return { state: "ready", reason: "" };
  const open = blockers.filter(({ status }) => status !== "closed");
  const failed = open.find(
    ({ status, metadata }) => status === "blocked" && metadata["failed"] !== undefined,
  );
  if (failed !== undefined) return { state: "blocked", reason: `${failed.id} has failed` };
  const [gate] = open.every(({ type }) => type === "gate") ? open : [];
  if (gate !== undefined) return { state: "blocked", reason: gateText(gate) };
  return { state: "pending", reason: "" };
}

/** `gate gh:run failed: run 77 ended with failure` (spec/02 §14.4). */
function gateText(gate: Bead): string {
  const own = gate.metadata["gate"] as
    | { readonly state?: unknown; readonly last_reason?: unknown }
    | undefined;
  const failed = own?.state === "failed" ? ` failed: ${String(own.last_reason ?? "")}` : "";
  return `gate ${gate.awaitType || "human"}${failed} (${gate.id})`;
}

/** The step to go on with (spec/02 §7.9): what the agent has begun, else the first that is ready. */
export function currentStep(steps: readonly MoleculeStep[], agent?: ActorAddress): MoleculeStep | undefined {
  const work = steps.filter((step) => !step.isContainer);
  return (
    work.find(({ state, assignee }) => state === "current" && (agent === undefined || assignee === agent)) ??
    work.find(({ state }) => state === "ready")
  );
}

export interface StepCounts {
  readonly total: number;
  readonly done: number;
  readonly current: number;
  readonly ready: number;
  readonly blocked: number;
}

/** Steps that only hold others do not count. */
export function countSteps(steps: readonly MoleculeStep[]): StepCounts {
  const work = steps.filter((step) => !step.isContainer);
  const of = (...states: readonly StepState[]) => work.filter(({ state }) => states.includes(state)).length;
  const done = work.filter(({ isSettled }) => isSettled).length;
  return {
    total: work.length,
    done,
    current: of("current"),
    ready: of("ready"),
    blocked: work.length - done - of("current", "ready"),
  };
}

/** Longest chain of needs, by names; of two the one with the earlier steps (spec/02 §5.7). */
export function criticalPath(steps: readonly MoleculeStep[]): readonly string[] {
  const chains = new Map<string, { readonly length: number; readonly before: string | undefined }>();
  let last: string | undefined;
  for (const { step, needs } of steps) {
    let before: string | undefined;
    for (const need of needs)
      if ((chains.get(need)?.length ?? 0) > (chains.get(before ?? "")?.length ?? 0)) before = need;
    const length = 1 + (chains.get(before ?? "")?.length ?? 0);
    chains.set(step, { length, before });
    if (length > (chains.get(last ?? "")?.length ?? 0)) last = step;
  }
  const path: string[] = [];
  for (let at = last; at !== undefined; at = chains.get(at)?.before) path.push(at);
  return path.reverse();
}
