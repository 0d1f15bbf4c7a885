import type { Bead } from "../../../core/ledger/bead.ts";
import { neverReadyTypes } from "../../../core/ledger/bead-types.ts";
import type { Operation } from "../../../core/ledger/operation.ts";

/** Types whose changes are told by other rooms, in their own events (spec/06 §9.4). */
const silentTypes = new Set(neverReadyTypes.filter((type) => !["molecule", "gate"].includes(type)));

/** The line that the event log gets about a change of a work bead; nothing for beads of other kinds. */
export function beadEvent(
  bead: Pick<Bead, "type" | "ephemeral">,
  type: "create" | "update" | "complete" | "fail" | "reopen" | "delete" | "comment" | "pin",
  payload: Readonly<Record<string, unknown>>,
): readonly Operation[] {
  if (silentTypes.has(bead.type)) return [];
  const status = String(payload["status"] ?? "");
  const isLoud = type === "update" ? ["in_progress", "blocked", "deferred"].includes(status) : true;
  const isFeed = isLoud && !bead.ephemeral && type !== "comment" && type !== "pin";
  return [{ op: "event", event: { type, payload, source: "bd", visibility: isFeed ? "feed" : "audit" } }];
}
