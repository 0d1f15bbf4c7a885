import { countFailure, mountainOf } from "../../core/convoys/mountain.ts";
import type { BeadId } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";

/** Operations that count a failed attempt at a bead of a mountain (spec/05 §8.2), for the transaction that records it. */
export async function beadFailure(
  access: TownAccess,
  id: BeadId,
  reason: string,
): Promise<readonly Operation[]> {
  const bead = await access.ledger.get(id);
  if (bead === undefined) return [];
  return countFailure(bead, await mountainOf(access.ledger, id), {
    reason,
    maxFailures: numberSetting(access.town.settings(), "mountain.max_failures"),
  });
}

/** Counts a failed attempt for which nothing else is written. */
export async function countBeadFailure(access: TownAccess, id: BeadId, reason: string): Promise<void> {
  const operations = await beadFailure(access, id, reason);
  if (operations.length > 0) await access.ledger.write(access.actor, operations);
}
