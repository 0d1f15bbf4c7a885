import { GtError } from "../gt-error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Escalation, escalationOf, priorityOf } from "./escalation.ts";

/** What waits for somebody, the worst first, then the oldest (spec/06 §8.4). */
export async function openEscalations(ledger: Ledger): Promise<readonly Escalation[]> {
  return inOrder((await ledger.find({ type: "escalation", notStatus: "closed" })).map(escalationOf));
}

/** The same with closed ones. */
export async function allEscalations(ledger: Ledger): Promise<readonly Escalation[]> {
  return inOrder((await ledger.find({ type: "escalation" })).map(escalationOf));
}

function inOrder(escalations: readonly Escalation[]): readonly Escalation[] {
  return escalations.toSorted(
    (one, other) => priorityOf(one.severity) - priorityOf(other.severity) || one.createdAt - other.createdAt,
  );
}

/** The escalation meant by an id or the unique part of one. Throws `E_NOT_FOUND` or `E_AMBIGUOUS`. */
export async function findEscalation(ledger: Ledger, reference: string): Promise<Escalation> {
  let id: string;
  try {
    id = await ledger.resolve(reference);
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_NOT_FOUND") throw error;
    throw new GtError("E_NOT_FOUND", `escalation not found: ${reference}`, { hint: "gt escalate list" });
  }
  const bead = await ledger.get(id);
  if (bead?.type !== "escalation")
    throw new GtError("E_NOT_ESCALATION", `${id} is not an escalation`, { hint: "gt escalate list" });
  return escalationOf(bead);
}
