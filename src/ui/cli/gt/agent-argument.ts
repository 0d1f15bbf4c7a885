import { existsSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "../../../core/gt-error.ts";
import { type Address, formatAddress, parseAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { rigHere } from "./rig-of.ts";

/** Whom a word names in any spelling, from where it is said (spec/04 §1.1). */
export async function addressOf(context: CommandContext, word: string): Promise<Address> {
  const town = await context.town();
  const actor = await context.actor();
  const rig = rigHere(context, town)?.name ?? parseAddress(actor)?.rig;
  return resolveAddress(word, { town, rig, actor });
}

/** The agent that an optional argument names; the caller when it is left out and the caller is an agent. */
export async function agentOf(context: CommandContext, word: string | undefined): Promise<string> {
  if (word !== undefined)
    return (await goneAgent(context, word)) ?? formatAddress(await addressOf(context, word));
  const actor = await context.actor();
  if (actor !== "overseer") return actor;
  throw usageError("whose hook? You are the overseer and have none", { hint: "gt hook status <agent>" });
}

/** `<rig>/<name>` of a polecat whose sandbox is gone: its identity and its snapshots are still there. */
async function goneAgent(context: CommandContext, word: string): Promise<string | undefined> {
  const [rig = "", name = "", surplus] = word.split("/");
  if (name === "" || surplus !== undefined || parseAddress(word) !== undefined) return undefined;
  const town = await context.town();
  const found = town.findRig(rig);
  if (found === undefined || existsSync(join(found.crew, name))) return undefined;
  const address = formatAddress({ role: "polecat", rig: found.name, name: name.toLowerCase() });
  const agent = await (await context.ledger()).agent(address);
  return agent?.state === "nuked" ? address : undefined;
}
