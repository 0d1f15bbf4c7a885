import type { TownAccess } from "../../../agents/town-access.ts";
import type { BeadId } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";

/** Who gives a bead back hears that its convoy has it started again at once, and how to keep it back (spec/05 §6.5). */
export async function tellOfFeeding(
  { out }: CommandContext,
  access: TownAccess,
  bead: BeadId,
): Promise<void> {
  const { feedingConvoy } = await import("../../../agents/lifecycle/tracking-convoy.ts");
  const convoy = await feedingConvoy(access, bead);
  if (convoy !== undefined) out.next(`convoy ${convoy} starts it again; to keep it back: bd defer ${bead}`);
}
