import { closeEscalation } from "../../core/escalation/close-escalation.ts";
import type { Escalation } from "../../core/escalation/escalation.ts";
import { nextTier } from "../../core/escalation/next-tier.ts";
import { openEscalations } from "../../core/escalation/open-escalations.ts";
import { GtError } from "../../core/gt-error.ts";
import { hasSessions } from "../sessions/backend.ts";
import { unmanagedAgent } from "../sessions/identity-lock.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import type { TownAccess } from "../town-access.ts";
import { hasCleared } from "./cleared-condition.ts";
import { forwardEscalation } from "./forward-escalation.ts";

/** One round of the Deacon over what is open (spec/06 §8.2). Returns what was done, in words. */
export async function climbTiers(access: TownAccess, deaconMs: number): Promise<readonly string[]> {
  const deacon: TownAccess = { ...access, actor: "deacon/" };
  const open = await openEscalations(access.ledger);
  if (open.length === 0) return [];
  const isMayorThere = await readsMail(access, "mayor/");
  const told: string[] = [];
  for (const escalation of open) {
    const step = nextTier(escalation, {
      ...{ now: access.clock.now(), isMayorThere, deaconMs },
      hasCleared: await hasCleared(access.ledger, escalation),
      isRelatedClosed: await isRelatedClosed(access, escalation),
    });
    if (step === undefined) continue;
    try {
      if (step.kind === "close") await closeEscalation(deacon.ledger, deacon.actor, escalation, step.reason);
      else told.push(...(await forwardEscalation(deacon, escalation, step)).warnings);
      told.push(`${escalation.id}: ${step.kind === "close" ? step.reason : `to the ${step.to}`}`);
    } catch (error) {
      // Somebody acknowledged or settled it in this very moment.
      if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
    }
  }
  return told;
}

async function isRelatedClosed({ ledger }: TownAccess, { relatedBead }: Escalation): Promise<boolean> {
  if (relatedBead === "") return false;
  const bead = await ledger.get(relatedBead);
  return bead !== undefined && bead.type !== "message" && bead.status === "closed";
}

/** Whoever was started by hand, or cannot be asked for now, may well be there. */
async function readsMail(access: TownAccess, address: string): Promise<boolean> {
  if (!hasSessions(access.town) || unmanagedAgent(access.town, address) !== undefined) return true;
  try {
    return (await liveSession(access, address)) !== undefined;
  } catch {
    return true;
  }
}
