import type { Agent } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";

/** Agents at work whom the patrols look after: a person sees to the crew, whose work may lie for days. */
export async function workInFlight(ledger: Ledger): Promise<readonly Agent[]> {
  const working = await ledger.agents({ state: ["working", "spawning", "done"] });
  return working.filter(({ role }) => role !== "crew");
}
