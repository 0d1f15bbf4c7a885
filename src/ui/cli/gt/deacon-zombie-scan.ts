import { agentHealth } from "../../../agents/patrols/agent-health.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon zombie-scan` (spec/04 §10.1): agents whose session or sandbox is gone under their work. Changes nothing. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const dead = (await agentHealth(await context.access())).filter((agent) => agent.health === "zombie");
  out.document(
    dead.map(({ address, reason, bead, suggestion }) => ({
      address,
      reason,
      bead: bead === "" ? null : bead,
      suggestion,
    })),
  );
  for (const { address, reason, bead, title } of dead)
    out.line(`💀 ${address}  ${reason}${bead === "" ? "" : `, ${bead} ${sanitiseLine(title)}`}`);
  if (dead.length === 0) out.line("nobody is dead");
  else out.next("gt patrol scan");
}
