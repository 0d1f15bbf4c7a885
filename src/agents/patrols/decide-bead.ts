import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";

/** A bead that the ledger calls taken, with everything that could show that it is not (spec/04 §9.2, W12-W14, W21). */
export interface TakenBead {
  readonly bead: Bead;
  /** Id in `awaiting_merge`; empty when it does not wait. */
  readonly awaits: string;
  /** The request that it waits for, if there is such a bead. */
  readonly request?: MergeRequest;
  /** An open request of this bead other than the one it names. */
  readonly openRequest?: MergeRequest;
  /** The polecat it is assigned to; nothing when that has no row any more. */
  readonly holder?: Agent;
  /** A command is at work on the bead or its holder. */
  readonly isOperating: boolean;
  /** The commits of its last assignment are on their target. Only known when something is about to be done. */
  readonly hasLanded: boolean;
  /** Slings so far that came to nothing. */
  readonly respawns: number;
}

export type BeadAction =
  /** Open and unassigned again, queued for dispatch. */
  | { readonly kind: "recover"; readonly detection: "W12" | "W14"; readonly reason: string }
  /** As `recover`, but it failed too often: nobody gets it before a person has looked. */
  | { readonly kind: "block"; readonly detection: "W19"; readonly reason: string }
  /** Nobody holds it because it is done. */
  | { readonly kind: "close-landed"; readonly detection: "W12" }
  | { readonly kind: "close-merged"; readonly detection: "W21"; readonly request: string }
  | { readonly kind: "await-other"; readonly detection: "W21"; readonly request: string }
  | {
      readonly kind: "reopen-rejected";
      readonly detection: "W21";
      readonly reason: string;
      readonly priorBranch: string;
    };

/** What to do about one taken bead. Pure. */
export function decideBead(taken: TakenBead, maxRespawns: number): BeadAction | undefined {
  if (taken.isOperating) return undefined;
  if (taken.awaits !== "") return decideAwaiting(taken);
  const { bead, holder } = taken;
  if (holder?.hookBead === bead.id) return undefined;
  if (taken.hasLanded) return { kind: "close-landed", detection: "W12" };
  const reason =
    holder === undefined || holder.state === "nuked"
      ? `${bead.assignee} is gone`
      : holder.hookBead === ""
        ? `it is not on the hook of ${bead.assignee}`
        : `${bead.assignee} works on ${holder.hookBead}`;
  if (taken.respawns >= maxRespawns)
    return { kind: "block", detection: "W19", reason: `${reason}, after ${taken.respawns} attempts` };
  return {
    kind: "recover",
    detection: holder === undefined || holder.state === "nuked" ? "W12" : "W14",
    reason,
  };
}

/** W21: the merge request that the bead waits for is closed or gone. */
function decideAwaiting({ awaits, request, openRequest }: TakenBead): BeadAction | undefined {
  // Waiting for a pull request is judged by its own state, elsewhere.
  if (awaits === "pr" || (request !== undefined && request.status !== "closed")) return undefined;
  if (request?.closeReason === "merged") return { kind: "close-merged", detection: "W21", request: awaits };
  if (openRequest !== undefined) return { kind: "await-other", detection: "W21", request: openRequest.id };
  return {
    kind: "reopen-rejected",
    detection: "W21",
    reason:
      request === undefined
        ? `${awaits} is gone`
        : `${awaits} was closed (${request.closeReason || "unknown"})`,
    priorBranch: request?.branch ?? "",
  };
}
