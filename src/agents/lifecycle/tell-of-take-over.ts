import type { Operation } from "../../core/ledger/operation.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { TownAccess } from "../town-access.ts";

/** The end of the holder's session follows; its Witness knows why (spec/04 §9.4). Only polecats have one. */
export function tellOfTakeOver(
  access: TownAccess,
  taken: { readonly bead: string; readonly from: string; readonly to: string },
): readonly Operation[] {
  const holder = parseAddress(taken.from);
  if (holder?.role !== "polecat") return [];
  return tellingRole(access, {
    ...{ from: access.actor, to: `${holder.rig}/witness`, rig: holder.rig },
    subject: `LIFECYCLE:Shutdown ${holder.name}`,
    values: { Reason: "its bead was taken over", Bead: taken.bead, NewAssignee: taken.to },
  });
}
