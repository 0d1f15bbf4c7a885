import { convoyFields, mountainLabel } from "../../../core/convoys/convoy.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";

/** All mountains that are not over, oldest first. */
export async function openMountains(ledger: Ledger): Promise<readonly Bead[]> {
  return ledger.find({ type: "convoy", notStatus: "closed", labels: [mountainLabel], sort: "oldest" });
}

/** The mountain of an epic, or the one with this id. `E_NOT_MOUNTAIN` for an ordinary convoy. */
export async function mountainFor(ledger: Ledger, word: string): Promise<Bead> {
  const ofEpic = (await openMountains(ledger)).find((convoy) => convoyFields(convoy).epic === word);
  if (ofEpic !== undefined) return ofEpic;
  const convoy = await findConvoy(ledger, word);
  if (convoy.labels.includes(mountainLabel)) return convoy;
  throw new GtError("E_NOT_MOUNTAIN", `${convoy.id} is not a mountain`, {
    hint: `gt convoy show ${convoy.id}`,
  });
}
