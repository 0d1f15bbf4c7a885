import { usageError } from "../../../core/gt-error.ts";
import { formatAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** The agent that an optional argument names; the caller when it is left out and the caller is an agent. */
export async function agentOf(context: CommandContext, word: string | undefined): Promise<string> {
  const actor = await context.actor();
  if (word !== undefined)
    return formatAddress(resolveAddress(word, { town: await context.town(), rig: context.env["GT_RIG"] }));
  if (actor !== "overseer") return actor;
  throw usageError("whose hook? You are the overseer and have none", { hint: "gt hook status <agent>" });
}
