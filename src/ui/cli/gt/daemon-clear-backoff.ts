import { forgettingRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { GtError } from "../../../core/gt-error.ts";
import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";

/** `gt daemon clear-backoff <agent>` (spec/04 §8.4): forgets its restarts. */
export async function run(context: CommandContext): Promise<void> {
  const [word = ""] = context.args;
  const { ledger, actor } = await context.access();
  const address = formatAddress(await addressOf(context, word));
  const agent = await ledger.agent(address);
  if (agent === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}`, { hint: "gt agents" });
  await ledger.write(actor, forgettingRestarts(address));
  context.out.document({ ok: true, agent: address });
  context.out.done(`${address} may be restarted again`);
}
