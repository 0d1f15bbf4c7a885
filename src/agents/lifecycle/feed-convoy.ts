import { readConvoys } from "../../core/convoys/convoy-snapshot.ts";
import { readinessContext } from "../../core/convoys/convoy-view.ts";
import { planFeed } from "../../core/convoys/feed.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import type { MergeStrategy } from "./attachment.ts";
import type { Dispatch } from "./dispatch-polecat.ts";
import { rigStanding } from "./rig-admission.ts";
import { slingBead } from "./sling-bead.ts";

export interface FedConvoy {
  readonly fed: readonly Dispatch[];
  readonly failed: readonly { readonly bead: string; readonly error: GtError }[];
}

/** Dispatches what is ready in one convoy at once, without the grace that new ones are given (spec/05 §6.5). */
export async function feedConvoy(access: TownAccess, convoy: Bead): Promise<FedConvoy> {
  const { ledger, town, clock } = access;
  const parkedRigs = new Set<string>();
  for (const rig of town.rigs())
    if ((await rigStanding(ledger, town, rig)) !== "operational") parkedRigs.add(rig.name);
  const steps = planFeed(await readConvoys(ledger, { convoys: [convoy] }), {
    ...(await readinessContext(ledger, { now: clock.now(), parkedRigs })),
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
