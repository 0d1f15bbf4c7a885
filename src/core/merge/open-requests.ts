import type { Bead, BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Rig } from "../town/town.ts";
import { type MergeRequest, mergeRequest } from "./merge-request.ts";

const blocking: readonly string[] = ["blocks", "conditional-blocks", "waits-for", "merge-blocks"];

/** An open merge request with what stands in its way. */
export interface WaitingRequest {
  readonly mr: MergeRequest;
  /** Target with the rig's default filled in. */
  readonly target: string;
  /** Open blockers; a `merge-blocks` one counts until it has landed (spec/05 §2.9). */
  readonly blockedBy: readonly BeadId[];
  readonly source: Bead | undefined;
}

/** All open merge requests of a rig, in order of creation. */
export async function openRequests(ledger: Ledger, rig: Rig): Promise<readonly WaitingRequest[]> {
  const beads = await ledger.find({ type: "merge-request", notStatus: "closed", sort: "oldest" });
  const requests = beads
    .map(mergeRequest)
    .filter((mr) => (mr.rig === "" ? mr.id.startsWith(`${rig.prefix}-`) : sameRig(mr.rig, rig.name)));
  const ids = requests.map((mr) => mr.id);
  const edges = ids.length === 0 ? [] : await ledger.edges(ids);
  const blockers = await ledger.getMany([
    ...new Set([
      ...edges.filter((edge) => blocking.includes(edge.type)).map((edge) => edge.to),
      ...requests.map((mr) => mr.sourceIssue).filter((id) => id !== ""),
    ]),
  ]);
  return requests.map((mr) => ({
    mr,
    target: mr.target === "" ? rig.defaultBranch : mr.target,
    source: blockers.get(mr.sourceIssue),
    blockedBy: edges
      .filter((edge) => edge.from === mr.id && blocking.includes(edge.type))
      .filter((edge) => isOpen(blockers.get(edge.to), edge.type))
      .map((edge) => edge.to),
  }));
}

/** Open conflict tasks of a target's requests: at most `max_conflict_tasks` at a time (spec/05 §2.10). */
export function openConflictTasks(requests: readonly WaitingRequest[], target: string): readonly BeadId[] {
  return requests
    .filter((each) => each.target === target && each.mr.conflictTaskId !== "")
    .filter((each) => each.blockedBy.includes(each.mr.conflictTaskId))
    .map((each) => each.mr.conflictTaskId);
}

function isOpen(blocker: Bead | undefined, type: string): boolean {
  if (blocker === undefined) return false;
  if (blocker.status !== "closed") return true;
  return type === "merge-blocks" && !/^(?:Merged in |merged directly to )/.test(blocker.closeReason);
}

function sameRig(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
