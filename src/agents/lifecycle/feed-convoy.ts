import { type ConvoySnapshot, readConvoys } from "../../core/convoys/convoy-snapshot.ts";
import type { ReadinessContext } from "../../core/convoys/convoy-state.ts";
import { readinessContext } from "../../core/convoys/convoy-view.ts";
import { planFeed } from "../../core/convoys/feed.ts";
import { clearFailure } from "../../core/convoys/feed-failures.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import type { MergeStrategy } from "./attachment.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { stoppedRigs } from "./rig-admission.ts";
import { slingBead } from "./sling-bead.ts";

export interface FedConvoy {
  readonly fed: readonly Dispatch[];
  readonly failed: readonly { readonly bead: string; readonly error: GtError }[];
}

/** Dispatches what is ready in one convoy at once, without the grace that new ones and failed beads are given (spec/05 §6.5). */
export async function feedConvoy(access: TownAccess, convoy: Bead): Promise<FedConvoy> {
  const { ledger, town, clock } = access;
  const readiness = await readinessContext(ledger, {
    now: clock.now(),
    parkedRigs: await stoppedRigs(ledger, town),
  });
  const snapshots = await readConvoys(ledger, { convoys: [convoy] });
  await forgetFailures(access, snapshots, readiness);
  const steps = planFeed(snapshots, {
    ...readiness,
    backoff: new Map(),
    feedMax: numberSetting(town.settings(), "convoy.feed_max"),
    graceMs: 0,
    isEager: true,
  });
  const fed: Dispatch[] = [];
  const failed: { bead: string; error: GtError }[] = [];
  for (const step of steps) {
    const bead = await ledger.get(step.bead);
    if (bead === undefined) continue;
    try {
      fed.push(
        await slingBead(
          access,
          bead,
          { kind: "rig", rig: step.rig },
          {
            convoy: "none",
            ...(step.baseBranch === undefined ? {} : { baseBranch: step.baseBranch }),
            ...(step.merge === undefined ? {} : { merge: step.merge as MergeStrategy }),
          },
        ),
      );
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      failed.push({ bead: step.bead, error });
    }
  }
  return { fed, failed };
}

/** Who asks for it by hand does not wait for a backoff. */
async function forgetFailures(
  access: TownAccess,
  snapshots: readonly ConvoySnapshot[],
  { backoff }: ReadinessContext,
): Promise<void> {
  const failed = snapshots.flatMap(({ tracked }) =>
    tracked.filter(({ bead }) => backoff?.has(bead.id) === true).map(({ bead }) => bead.id),
  );
  if (failed.length > 0) await access.ledger.write(access.actor, failed.map(clearFailure));
}
