import type { Change } from "../../core/ledger/ledger.ts";

/** Duties of one rig carry its name behind a colon: `witness:web`. */
export const rigDuty = (duty: "witness" | "refinery", rig: string): string => `${duty}:${rig}`;

/** Changes that can make a bead ready, free a polecat, or end or begin an assignment. */
const movesWork = new Set([
  "created",
  "status_changed",
  "claimed",
  "closed",
  "reopened",
  "deferred",
  "undeferred",
  "dependency_added",
  "dependency_removed",
  "label_added",
  "label_removed",
  "deleted",
  "imported",
  "gate_resolved",
]);
/** New gates, new mail, and beads that gates wait for. */
const movesGate = new Set(["created", "imported", "closed", "gate_resolved"]);
/** What is on a hook is no work any more, or is again. */
const movesState = new Set(["closed", "reopened"]);
const movesUpdate = ["status", "assignee", "metadata", "defer_until", "priority"];
const movesAgent = ["agent_state", "hook_bead", "hook_state"];

/**
 * Which duties have to look again after these changes of the ledger (spec/04 §8.2). Pure. Missing one costs time, not
 * truth: every duty also runs by itself.
 */
export function dutiesFor(changes: readonly Change[], rigs: readonly string[]): ReadonlySet<string> {
  const duties = new Set<string>();
  for (const change of changes) {
    // Mail may be for a role that runs as code.
    if (change.type === "created" && change.newValue?.["issue_type"] === "message") {
      duties.add("deacon");
      continue;
    }
    if (!isMove(change)) continue;
    duties.add("convoys");
    duties.add("scheduler");
    if (movesGate.has(change.type)) duties.add("gates");
    if (movesState.has(change.type)) duties.add("states");
    if (change.isUnattended === true || !rigs.includes(change.scope)) continue;
    duties.add(rigDuty("witness", change.scope));
    if (concernsQueue(change)) duties.add(rigDuty("refinery", change.scope));
  }
  return duties;
}

function isMove(change: Change): boolean {
  if (movesWork.has(change.type)) return true;
  const keys = Object.keys(change.newValue ?? {});
  if (change.type === "updated") return keys.some((key) => movesUpdate.includes(key));
  return change.type === "agent_updated" && keys.some((key) => movesAgent.includes(key));
}

/** A merge request itself, something that one may wait for, or work that was just put on a hook (spec/04 §2.6 step 8). */
function concernsQueue({ beadId, type, newValue }: Change): boolean {
  if (beadId.includes("-mr-") || type === "closed" || type === "dependency_removed") return true;
  return (
    type === "agent_updated" && typeof newValue?.["hook_bead"] === "string" && newValue["hook_bead"] !== ""
  );
}
