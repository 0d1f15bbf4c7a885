import { withAgentLock } from "../../../agents/lifecycle/agent-lock.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError } from "../../../core/gt-error.ts";
import { formatAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** Does something with the session of the agent that the first argument names, while nobody else changes the agent. */
export async function withSessionAgent<T>(
  context: CommandContext,
  act: (access: TownAccess, address: string) => Promise<T>,
): Promise<T> {
  const access = await context.access();
  const address = formatAddress(
    resolveAddress(context.args[0] ?? "", { town: access.town, rig: context.env["GT_RIG"] }),
  );
  if ((await access.ledger.agent(address)) === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}`, { hint: "gt agents --all" });
  return withAgentLock(access, address, context.words.join(" "), () => act(access, address));
}
