import { GtError } from "../gt-error.ts";
import type { Bead } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Rig, Town } from "../town/town.ts";
import { type MergeRequest, mergeRequest } from "./merge-request.ts";

export interface FoundRequest {
  readonly mr: MergeRequest;
  readonly rig: Rig;
}

/**
 * The merge request meant by an id, the unique beginning of one, a branch, or a branch without `polecat/`; an open one
 * before a closed one (spec/05 §4.1). Throws `E_MR_NOT_FOUND`, `E_AMBIGUOUS`.
 */
export async function findRequest(ledger: Ledger, town: Town, text: string): Promise<FoundRequest> {
  const exact = await ledger.get(text);
  if (exact?.type === "merge-request") return located(town, exact);
  const all = text === "" ? [] : await ledger.find({ type: "merge-request", sort: "created" });
  const byBranch = all.filter((bead) => {
    const { branch } = mergeRequest(bead);
    return branch !== "" && (branch === text || branch === `polecat/${text}`);
  });
  const found = byBranch.length > 0 ? byBranch : all.filter((bead) => bead.id.startsWith(text));
  const open = found.filter((bead) => bead.status !== "closed");
  const candidates = open.length > 0 ? open : found;
  const [first, second] = candidates;
  if (first === undefined)
    throw new GtError("E_MR_NOT_FOUND", `no merge request ${text}`, { hint: "gt mq list" });
  // Several of one branch: the newest is meant.
  if (second !== undefined && byBranch.length === 0)
    throw new GtError("E_AMBIGUOUS", `${text} begins ${candidates.length} merge requests`, {
      why: candidates.slice(0, 10).map((bead) => bead.id),
    });
  return located(town, byBranch.length > 0 ? newest(candidates, first) : first);
}

function newest(beads: readonly Bead[], first: Bead): Bead {
  return beads.reduce((latest, bead) => (bead.createdAt > latest.createdAt ? bead : latest), first);
}

function located(town: Town, bead: Bead): FoundRequest {
  const mr = mergeRequest(bead);
  const rig = town.rigs().find((each) => each.name.toLowerCase() === mr.rig.toLowerCase());
  return { mr, rig: rig ?? town.rigOfBead(bead.id) ?? town.rig(mr.rig) };
}
