import type { Agent, Bead } from "../../../core/ledger/bead.ts";
import type { Workspace } from "./workspace.ts";

/** An agent's row; its address is the title of its bead (spec/01 §6.1). */
export async function agentOfBead({ ledger }: Workspace, bead: Bead): Promise<Agent | undefined> {
  const found = await ledger.agent(bead.title);
  if (found?.id === bead.id) return found;
  return (await ledger.agents()).find((agent) => agent.id === bead.id);
}
