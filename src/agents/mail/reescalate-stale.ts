import { bumping, isStale } from "../../core/escalation/change-escalation.ts";
import type { Escalation, Severity } from "../../core/escalation/escalation.ts";
import { readEscalationSettings } from "../../core/escalation/escalation-settings.ts";
import { openEscalations } from "../../core/escalation/open-escalations.ts";
import { GtError } from "../../core/gt-error.ts";
import type { TownAccess } from "../town-access.ts";
import { settleNotices } from "./escalate.ts";

export interface StaleRow {
  readonly escalation: Escalation;
  readonly severity: Severity;
  readonly number: number;
  /** Why nothing was done with it. */
  readonly skipped: string | undefined;
  readonly warnings: readonly string[];
}

/** Raises what nobody has looked at for too long by one step; `look` changes nothing (spec/06 §8.5). */
export async function reescalateStale(
  access: TownAccess,
  mode: "act" | "look",
): Promise<readonly StaleRow[]> {
  const { town, ledger, clock, actor } = access;
  const settings = readEscalationSettings(town);
  const now = clock.now();
  const rows: StaleRow[] = [];
  for (const escalation of await openEscalations(ledger)) {
    if (!isStale(escalation, settings, now)) continue;
    const { reescalationCount: count, severity } = escalation;
    if (count >= settings.maxReescalations) {
      const skipped = `already at max re-escalations (${settings.maxReescalations})`;
      rows.push({ escalation, severity, number: count, skipped, warnings: [] });
      continue;
    }
    const bump = bumping(access, escalation, actor);
    let warnings: readonly string[] = [];
    if (mode === "act") {
      try {
        await ledger.write(actor, bump.operations);
      } catch (error) {
        // Somebody acknowledged or raised it in this very moment.
        if (error instanceof GtError && error.code === "E_CONFLICT") continue;
        throw error;
      }
      warnings = await settleNotices(access, escalation.id);
    }
    rows.push({
      ...{ escalation, severity: bump.severity, number: bump.number, skipped: undefined, warnings },
    });
  }
  return rows;
}
