import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook show`: one line, cheap enough for every prompt. */
export async function run(context: CommandContext): Promise<void> {
  const address = await agentOf(context, context.args[0]);
  const ledger = await context.ledger();
  const agent = await ledger.agent(address);
  const bead = agent?.hookBead ? await ledger.get(agent.hookBead) : undefined;
  context.out.document({
    agent: address,
    bead_id: bead?.id ?? null,
    title: bead?.title ?? "",
    status: bead?.status ?? "empty",
  });
  if (bead === undefined) context.out.line(`${address}: (empty)`);
  else context.out.line(`${address}: ${bead.id} '${sanitiseLine(bead.title)}' [${bead.status}]`);
}
