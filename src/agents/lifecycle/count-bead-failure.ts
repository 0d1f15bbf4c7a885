import { countFailure, failedIn, mountainOf } from "../../core/convoys/mountain.ts";
import type { BeadId } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import { trackingConvoy } from "./tracking-convoy.ts";

/**
 * Operations that tell of a failed attempt at a bead, for the transaction that records it: a mountain counts it
 * (spec/05 §8.2), any other convoy only hears of it (spec/04 §9.3).
 */
export async function beadFailure(
  access: TownAccess,
  id: BeadId,
  reason: string,
): Promise<readonly Operation[]> {
  const counted = await mountainFailure(access, id, reason);
  if (counted !== undefined) return counted;
  const bead = await access.ledger.get(id);
  const convoy = bead && (await trackingConvoy(access, bead));
  return convoy === undefined ? [] : [failedIn(convoy, id, reason)];
}

/** The same for a bead of a mountain; undefined for any other. */
export async function mountainFailure(
  access: TownAccess,
  id: BeadId,
  reason: string,
): Promise<readonly Operation[] | undefined> {
  const [bead, mountain] = [await access.ledger.get(id), await mountainOf(access.ledger, id)];
  if (bead === undefined || mountain === undefined) return undefined;
  return countFailure(bead, mountain, {
    reason,
    maxFailures: numberSetting(access.town.settings(), "mountain.max_failures"),
  });
}
