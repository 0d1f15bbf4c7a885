import { hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import { sessionOfAddress } from "../../../agents/sessions/start-session.ts";
import type { CommandContext } from "../command.ts";

/** `gt session check` (spec/03 §5.11): which polecats with work on their hook have a living session. */
export async function run(context: CommandContext): Promise<number> {
  const { args, out } = context;
  const access = await context.access();
  const rig = args[0] === undefined ? undefined : access.town.rig(args[0]).name;
  const [agents, host] = await Promise.all([access.ledger.agents({ role: "polecat" }), hostSnapshot(access)]);
  const checked = agents
    .filter((agent) => agent.state !== "nuked" && (rig === undefined || agent.rig === rig))
    .map((agent) => {
      const record = host.sessions.get(sessionOfAddress(access.town, agent.address));
      return { address: agent.address, running: record !== undefined && record.phase !== "exited" };
    });
  const healthy = checked.filter((each) => each.running).length;
  out.document({
    polecats: checked,
    checked: checked.length,
    healthy,
    not_running: checked.length - healthy,
  });
  for (const { address, running } of checked) out.line(running ? `✓ ${address}` : `✗ ${address}: no session`);
  out.line(`Summary: ${checked.length} checked, ${healthy} healthy, ${checked.length - healthy} not running`);
  return 0;
}
