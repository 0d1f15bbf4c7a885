import { isSelfFeeding } from "../../core/convoys/feed.ts";
import { convoyFields } from "../../core/convoys/convoy.ts";
import type { Bead, BeadId } from "../../core/ledger/bead.ts";
import type { TownAccess } from "../town-access.ts";

/** The oldest open convoy that tracks the bead (spec/05 §6.3). */
export async function trackingConvoy(access: TownAccess, bead: Bead): Promise<Bead | undefined> {
  const ids = (await access.ledger.dependents(bead.id))
    .filter((edge) => edge.type === "tracks")
    .map((edge) => edge.from);
  const convoys = [...(await access.ledger.getMany(ids)).values()].filter(
    (convoy) => convoy.type === "convoy" && convoy.status !== "closed",
  );
  return convoys.toSorted((one, other) => one.createdAt - other.createdAt)[0];
}

/** The convoy that has the bead, open as it is, dispatched again by itself; undefined when none does. */
export async function feedingConvoy(access: TownAccess, id: BeadId): Promise<BeadId | undefined> {
  const bead = await access.ledger.get(id);
  const convoy = bead?.status === "open" ? await trackingConvoy(access, bead) : undefined;
  return convoy !== undefined && isSelfFeeding(convoy, convoyFields(convoy)) ? convoy.id : undefined;
}
