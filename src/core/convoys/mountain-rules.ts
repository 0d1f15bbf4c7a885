import type { BeadId } from "../ledger/bead.ts";
import type { ConvoySnapshot, TrackedBead } from "./convoy-snapshot.ts";
import type { ConvoyStanding } from "./convoy-state.ts";
import { isSkipped } from "./mountain-audit.ts";
import { computeWaves } from "./waves.ts";

/** What an audit does about one unfinished bead of a mountain (spec/05 §8.3 B2-B7). */
export type BeadAction =
  /** B2: the Witness could not help its worker. */
  | { readonly do: "free"; readonly bead: BeadId }
  /** B3: its request waits for a fix that nobody makes. */
  | { readonly do: "fix"; readonly bead: BeadId; readonly mr: BeadId }
  /** B4: the queue has given its request up. */
  | { readonly do: "skip"; readonly bead: BeadId; readonly mr: BeadId }
  /** B5: no feeding can ever help. */
  | { readonly do: "escalate"; readonly key: string; readonly bead: BeadId; readonly why: string }
  /** B6, B7: somebody has to decide; its owner is told once. */
  | { readonly do: "tell"; readonly key: string; readonly bead: BeadId; readonly why: string };

export interface BeadRulesContext {
  /** Beads that an agent has on its hook, or that are queued for dispatch. */
  readonly inHand: ReadonlySet<BeadId>;
  /** Beads whose worker has been in the same trouble for half an hour. */
  readonly given: ReadonlySet<BeadId>;
}

/** The rules for single beads, in the order of their ids. B1 is feeding. Pure. */
export function beadActions(
  snapshot: ConvoySnapshot,
  standing: Pick<ConvoyStanding, "beads">,
  context: BeadRulesContext,
): readonly BeadAction[] {
  return [
    ...cycleAction(snapshot.tracked),
    ...snapshot.tracked.flatMap((tracked) => actionsFor(tracked, standing, context)),
  ];
}

function actionsFor(
  { bead, mergeRequest, blockers }: TrackedBead,
  standing: Pick<ConvoyStanding, "beads">,
  { inHand, given }: BeadRulesContext,
): readonly BeadAction[] {
  const state = standing.beads.get(bead.id);
  if (state === undefined || state.state === "closed") return [];
  const reason = "reason" in state ? state.reason : "";
  if (isSkipped({ bead })) return [];
  if (given.has(bead.id)) return [{ do: "free", bead: bead.id }];
  if (mergeRequest?.phase === "quarantined") return [{ do: "skip", bead: bead.id, mr: mergeRequest.id }];
  if (mergeRequest?.phase === "needs_fix" && bead.status !== "open" && !inHand.has(bead.id))
    return [{ do: "fix", bead: bead.id, mr: mergeRequest.id }];
  if (reason === "no rig for prefix") {
    const prefix = bead.id.split("-")[0] ?? "";
    return [
      { do: "escalate", key: `no-rig:${prefix}`, bead: bead.id, why: `no rig has the prefix ${prefix}` },
    ];
  }
  if (/^rig .* parked$/.test(reason))
    return [
      { do: "tell", key: `parked:${bead.scope}`, bead: bead.id, why: `rig ${bead.scope} takes no work now` },
    ];
  const decision = blockers.find((blocker) => !blocker.slingable)?.id;
  const undecided = decision ?? (reason.startsWith("needs decision ") ? bead.id : undefined);
  if (undecided === undefined) return [];
  return [{ do: "tell", key: `decision:${undecided}`, bead: bead.id, why: `needs decision ${undecided}` }];
}

function cycleAction(tracked: readonly TrackedBead[]): readonly BeadAction[] {
  const edges = tracked.flatMap(({ bead, blockers }) =>
    blockers.map((blocker) => ({ from: bead.id, to: blocker.id })),
  );
  const { cycle } = computeWaves({ beads: tracked.map(({ bead }) => bead), edges, openOutside: new Set() });
  if (cycle === undefined) return [];
  const path = cycle.join(" -> ");
  return [
    { do: "escalate", key: `cycle:${path}`, bead: cycle[0] ?? "", why: `these wait for each other: ${path}` },
  ];
}
