import { feedHeldLabel, spawnBlockedLabel } from "../../core/convoys/convoy.ts";
import { GtError } from "../../core/gt-error.ts";
import type { TownAccess } from "../town-access.ts";

/** Forgets the failed attempts of a bead, so that it is dispatched and fed again (spec/04 §2.1). */
export async function resetRespawns(access: TownAccess, id: string): Promise<void> {
  if ((await access.ledger.get(id)) === undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${id}`, { hint: "bd list" });
  await access.ledger.write(access.actor, [
    { op: "update", id, fields: { metadata: { recovery: null } } },
    { op: "removeLabel", id, label: spawnBlockedLabel },
    { op: "removeLabel", id, label: feedHeldLabel },
    { op: "deleteRow", table: "feeds", key: id },
  ]);
}
