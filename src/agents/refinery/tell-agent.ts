import { nudge } from "../sessions/nudge.ts";
import type { QueueContext } from "./queue-context.ts";

/** Says something to an agent's session, if it has one that can be told now or later (spec/05 §2.15). */
export async function tellAgent(context: QueueContext, to: string, text: string): Promise<void> {
  try {
    await nudge(context.access, { to, from: context.actor, text, mode: "queue" });
  } catch {
    // Nobody is there to be told; the ledger and the event log say the same.
  }
}
