import { withAgentLock } from "../../../agents/lifecycle/agent-lock.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError } from "../../../core/gt-error.ts";
import { didYouMean, nearestNames } from "../../../core/nearest-name.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";

/** Does something with the session of the agent that the first argument names, while nobody else changes the agent. */
export async function withSessionAgent<T>(
  context: CommandContext,
  act: (access: TownAccess, address: string) => Promise<T>,
): Promise<T> {
  const access = await context.access();
  const address = await sessionAddress(context);
  if ((await access.ledger.agent(address)) === undefined) {
    const known = (await access.ledger.agents()).map((agent) => agent.address);
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}${didYouMean(nearestNames(address, known))}`, {
      hint: "gt agents --all",
    });
  }
  return withAgentLock(access, address, context.words.join(" "), () => act(access, address));
}

async function sessionAddress(context: CommandContext): Promise<string> {
  const [word = ""] = context.args;
  try {
    return formatAddress(await addressOf(context, word));
  } catch (error) {
    if (!(error instanceof GtError && error.code === "E_TARGET") || word.includes("/")) throw error;
    const got = sanitiseLine(word);
    throw new GtError("E_TARGET", `invalid address format: expected 'rig/polecat', got '${got}'`, {
      hint: "gt agents --all",
      cause: error,
    });
  }
}
