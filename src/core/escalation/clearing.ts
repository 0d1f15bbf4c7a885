import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { closing } from "./change-escalation.ts";
import { openEscalations } from "./open-escalations.ts";

/**
 * What closes the open escalations of these sources, acknowledged or not, in one batch with what has settled them. Without
 * it the next occurrence would only count up, and nobody would be told (spec/06 §8.2, §8.4).
 */
export async function clearing(
  ledger: Ledger,
  sources: readonly string[],
  by: string,
  reason: string,
): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  for (const escalation of await openEscalations(ledger))
    if (sources.includes(escalation.source))
      operations.push(...closing(escalation, by, reason, await mailsOf(ledger, escalation.id)));
  return operations;
}

/** Mails that told of an escalation and are still in an inbox. */
export async function mailsOf(ledger: Ledger, id: string): Promise<readonly string[]> {
  const labels = [`escalation:${id}`];
  return (await ledger.find({ type: "message", notStatus: "closed", labels })).map((mail) => mail.id);
}
