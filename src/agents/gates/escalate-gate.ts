import { formatTime } from "../../core/clock.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { escalate } from "../mail/escalate.ts";
import type { TownAccess } from "../town-access.ts";
import { blockedBy } from "./observe-gate.ts";

/**
 * Asks for a person's judgement about a gate that failed (spec/02 §14.4). Raised before it is noted at the gate: a crash
 * between the two raises the same escalation again, and that is only counted. Returns what could not be told.
 */
export async function escalateGate(access: TownAccess, gate: Bead, why: string): Promise<readonly string[]> {
  const [blocked] = await blockedBy(access.ledger, gate);
  const { warnings } = await escalate(access, {
    title: `Gate ${gate.id} failed: ${why}`,
    reason: `bd gate resolve ${gate.id} goes on, bd gate retry ${gate.id} arms it anew.`,
    severity: "high",
    by: access.actor,
    source: `gate:${gate.id}`,
    same: "source",
    ...(blocked === undefined ? {} : { related: blocked.id }),
  });
  const escalated = { escalated_at: formatTime(access.clock.now()) };
  await access.ledger.write(access.actor, [
    { op: "update", id: gate.id, fields: { metadata: { gate: escalated } } },
  ]);
  return warnings;
}
