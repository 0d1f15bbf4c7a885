import { convoyFields, mountainLabel } from "../../../core/convoys/convoy.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";

/** All mountains that are not over, oldest first. */
export async function openMountains(ledger: Ledger): Promise<readonly Bead[]> {
  return ledger.find({ type: "convoy", notStatus: "closed", labels: [mountainLabel], sort: "oldest" });
}

/**
 * The mountain of an epic, the open one before those that are over, or the one with this id. `E_NOT_MOUNTAIN` for an
 * ordinary convoy and for an epic that has none.
 */
export async function mountainFor(ledger: Ledger, word: string): Promise<Bead> {
  const all = await ledger.find({ type: "convoy", labels: [mountainLabel], sort: "oldest" });
  const ofEpic = all.filter((convoy) => convoyFields(convoy).epic === word);
  const found = ofEpic.find((convoy) => convoy.status !== "closed") ?? ofEpic.at(-1);
  if (found !== undefined) return found;
  if ((await ledger.get(word))?.type === "epic")
    throw new GtError("E_NOT_MOUNTAIN", `nobody has made a mountain of ${word}`, {
      hint: `gt mountain ${word}`,
    });
  const convoy = await findConvoy(ledger, word);
  if (convoy.labels.includes(mountainLabel)) return convoy;
  throw new GtError("E_NOT_MOUNTAIN", `${convoy.id} is not a mountain`, {
    hint: `gt convoy show ${convoy.id}`,
  });
}
