import type { Bead, BeadId, Dependency } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type MergeRequest, mergeRequest } from "../merge/merge-request.ts";
import { type ConvoyFields, convoyFields, isSlingable, skippedLabel } from "./convoy.ts";

/** Everything that the convoy rules look at, read once (spec/05 §6.4-6.6). */
export interface ConvoySnapshot {
  readonly convoy: Bead;
  readonly fields: ConvoyFields;
  readonly tracked: readonly TrackedBead[];
}

export interface TrackedBead {
  readonly bead: Bead;
  /** Open blockers over `blocks`, `conditional-blocks`, `waits-for`, `merge-blocks`. */
  readonly blockers: readonly Blocker[];
  /** The open merge request of this bead. */
  readonly mergeRequest?: Pick<MergeRequest, "id" | "phase">;
  readonly holder: BeadHolder | undefined;
}

export interface Blocker {
  readonly id: string;
  readonly slingable: boolean;
  /** Tracked by the same convoy. */
  readonly inside: boolean;
  readonly skipped: boolean;
}

/** The agent to which the bead is assigned. `dead` only when that is known for sure. */
export interface BeadHolder {
  readonly address: string;
  readonly isDead: boolean;
}

const executionEdges = new Set(["blocks", "conditional-blocks", "waits-for", "merge-blocks"]);

export interface SnapshotOptions {
  /** Only these convoys; all that are not closed by default. */
  readonly convoys?: readonly Bead[];
  /** Addresses of agents that are known to be dead (no process of theirs is alive). */
  readonly dead?: ReadonlySet<string>;
}

/** Reads convoys with all they track in a handful of queries, however many there are. */
export async function readConvoys(
  ledger: Ledger,
  options: SnapshotOptions = {},
): Promise<readonly ConvoySnapshot[]> {
  const convoys =
    options.convoys ?? (await ledger.find({ type: "convoy", notStatus: "closed", sort: "oldest" }));
  if (convoys.length === 0) return [];
  const tracks = await trackedIds(ledger, convoys);
  const beads = await trackedBeads(ledger, [...new Set([...tracks.values()].flat())], options);
  return convoys.map((convoy) => {
    const members = new Set(tracks.get(convoy.id));
    return {
      convoy,
      fields: convoyFields(convoy),
      // A bead that was deleted is as good as closed (spec/05 §6.5).
      tracked: [...members]
        .flatMap((id) => beads.get(id) ?? [])
        .map((tracked) => ({
          ...tracked,
          blockers: tracked.blockers.map((blocker) => ({ ...blocker, inside: members.has(blocker.id) })),
        })),
    };
  });
}

/** What readiness asks of each of these beads; those that do not exist are left out. */
export async function trackedBeads(
  ledger: Ledger,
  ids: readonly BeadId[],
  options: Pick<SnapshotOptions, "dead"> = {},
): Promise<ReadonlyMap<BeadId, TrackedBead>> {
  const beads = await ledger.getMany(ids);
  const blockers = await openBlockers(ledger, ids);
  const requests = await openRequests(ledger);
  const found = new Map<BeadId, TrackedBead>();
  for (const id of ids) {
    const bead = beads.get(id);
    if (bead === undefined) continue;
    const mergeRequest = requests.get(id);
    found.set(id, {
      bead,
      blockers: (blockers.get(id) ?? []).map((blocker) => ({ ...blocker, inside: false })),
      ...(mergeRequest === undefined ? {} : { mergeRequest }),
      holder:
        bead.assignee === ""
          ? undefined
          : { address: bead.assignee, isDead: options.dead?.has(bead.assignee) ?? false },
    });
  }
  return found;
}

/** Ids tracked by each convoy, in id order. `external:<prefix>:<id>` is read as `<id>`. */
export async function trackedIds(
  ledger: Ledger,
  convoys: readonly Bead[],
): Promise<ReadonlyMap<BeadId, readonly BeadId[]>> {
  const wanted = new Set(convoys.map((convoy) => convoy.id));
  const found = new Map<BeadId, BeadId[]>();
  for (const edge of await ledger.edges([...wanted])) {
    if (edge.type !== "tracks" || !wanted.has(edge.from)) continue;
    const list = found.get(edge.from) ?? [];
    list.push(edge.to.replace(/^external:[^:]*:/, ""));
    found.set(edge.from, list);
  }
  for (const list of found.values()) list.sort();
  return found;
}

type OpenBlocker = Omit<Blocker, "inside">;

async function openBlockers(
  ledger: Ledger,
  ids: readonly BeadId[],
): Promise<ReadonlyMap<BeadId, readonly OpenBlocker[]>> {
  const wanted = new Set(ids);
  const edges = (await ledger.edges(ids)).filter(
    (edge) => executionEdges.has(edge.type) && wanted.has(edge.from),
  );
  const others = await ledger.getMany([...new Set(edges.map((edge) => edge.to))]);
  const found = new Map<BeadId, OpenBlocker[]>();
  for (const edge of edges) {
    const blocker = others.get(edge.to);
    if (isSatisfied(edge, blocker)) continue;
    const list = found.get(edge.from) ?? [];
    list.push({
      id: edge.to,
      slingable: blocker === undefined || isSlingable(blocker),
      skipped: blocker?.labels.includes(skippedLabel) ?? false,
    });
    found.set(edge.from, list);
  }
  return found;
}

/** A `merge-blocks` edge asks for a landed change, not only for a closed bead (spec/05 §2.9). */
function isSatisfied(edge: Dependency, blocker: Bead | undefined): boolean {
  if (blocker === undefined) return !edge.to.startsWith("external:");
  if (blocker.status === "pinned") return true;
  if (blocker.status !== "closed") return false;
  return edge.type !== "merge-blocks" || /^(Merged in |merged directly to )/.test(blocker.closeReason);
}

async function openRequests(ledger: Ledger): Promise<ReadonlyMap<BeadId, MergeRequest>> {
  const requests = await ledger.find({ type: "merge-request", notStatus: "closed" });
  return new Map(requests.map(mergeRequest).map((request) => [request.sourceIssue, request]));
}
