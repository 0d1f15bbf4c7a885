import { existsSync } from "node:fs";
import { GtError } from "../gt-error.ts";
import type { Agent, Role } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { nearestNames } from "../nearest-name.ts";
import { sanitiseLine } from "../sanitise.ts";
import { type Address, agentHome, formatAddress, parseAddress, resolveAddress } from "../town/address.ts";
import type { Town } from "../town/town.ts";

export interface RecipientContext {
  readonly town: Town;
  readonly ledger: Ledger;
  /** Left out of what a pattern expands to. */
  readonly sender: string;
}

export interface Recipients {
  /** As it is shown and stored: the canonical address, or the pattern as written. */
  readonly written: string;
  readonly addresses: readonly string[];
  readonly isExpansion: boolean;
}

/** Whom `gt mail send <text>` means (spec/06 §1.3). Throws `E_TARGET`; nothing is stored then. */
export async function resolveRecipients(text: string, context: RecipientContext): Promise<Recipients> {
  const word = text.trim();
  const wildcard = word.includes("*");
  const isPattern = word.startsWith("@") && word !== "@overseer";
  const rigOnly = /^([^/@*]+)\/$/.exec(word)?.[1];
  if (!isPattern && !wildcard && (rigOnly === undefined || context.town.findRig(rigOnly) === undefined)) {
    const address = await knownAddress(word, context);
    return { written: address, addresses: [address], isExpansion: false };
  }
  const agents = (await context.ledger.agents()).filter((agent) => agent.state !== "nuked");
  const matching = wildcard
    ? matchingWildcard(word, agents, context)
    : matchingPattern(isPattern ? word : `@rig/${rigOnly}`, agents, context);
  const addresses = [...new Set(matching)].filter((address) => address !== context.sender).toSorted();
  if (addresses.length === 0)
    throw new GtError("E_TARGET", `no agents match ${sanitiseLine(word)}`, { hint: "gt agents" });
  return { written: word, addresses, isExpansion: true };
}

/** The canonical address of an agent or the overseer that exists; short and role-less forms are completed. */
export async function knownAddress(
  text: string,
  { town, ledger, sender }: RecipientContext,
): Promise<string> {
  let address: Address;
  try {
    const rig = parseAddress(sender)?.rig;
    address = resolveAddress(text, { town, actor: sender, ...(rig ? { rig } : {}) });
  } catch (error) {
    if (!(error instanceof GtError) || error.message.startsWith("ambiguous")) throw error;
    throw await unknown(text, { town, ledger, sender }, error);
  }
  const canonical = formatAddress(address);
  if (address.role !== "crew" && address.role !== "polecat" && address.role !== "dog") return canonical;
  const agent = await ledger.agent(canonical);
  if (agent !== undefined && agent.state !== "nuked") return canonical;
  const home = agentHome(town, address);
  if (home !== undefined && existsSync(home)) return canonical;
  throw await unknown(text, { town, ledger, sender });
}

async function unknown(text: string, { town, ledger }: RecipientContext, cause?: unknown): Promise<GtError> {
  const known = [...townAddresses(town), ...(await ledger.agents()).map((agent) => agent.address)];
  // People write the short form, too: web/nux for web/polecats/nux.
  const spellings = new Map(
    known.map((address) => [address.replace(/\/(?:crew|polecats|dogs)\//, "/"), address]),
  );
  for (const address of known) spellings.set(address, address);
  const meant = nearestNames(text, [...spellings.keys()]).map(
    (spelling) => spellings.get(spelling) ?? spelling,
  );
  const near = meant.length > 0 ? [...new Set(meant)] : nearByName(text, known);
  const shown = sanitiseLine(text);
  const message = text.includes("/")
    ? `unknown recipient: ${shown}`
    : `unknown address: ${shown} (no agent, group, queue or channel)`;
  return new GtError("E_TARGET", message, {
    ...(near.length > 0 ? { why: [`did you mean ${near.join(", ")}?`] } : {}),
    hint: "gt agents",
    details: { suggestions: near },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Known addresses whose last part is like the last part of a misspelt one, of whatever rig. */
function nearByName(text: string, known: readonly string[]): readonly string[] {
  const nameOf = (address: string): string => address.replace(/\/$/, "").split("/").at(-1) ?? "";
  // Everything is near to a word of one or two letters.
  if (nameOf(text).length < 3) return [];
  const addresses = [...new Set(known)];
  const names = nearestNames(nameOf(text), [...new Set(addresses.map(nameOf))]);
  return names.flatMap((name) => addresses.filter((address) => nameOf(address) === name)).slice(0, 3);
}

/** Addresses that are always valid, even when nobody was ever started there. */
function townAddresses(town: Town): readonly string[] {
  const ofRigs = town.rigs().flatMap(({ name }) => [`${name}/witness`, `${name}/refinery`]);
  return ["mayor/", "deacon/", "deacon/boot", "overseer", ...ofRigs];
}

/** `*` stands for exactly one segment. */
function matchingWildcard(
  pattern: string,
  agents: readonly Agent[],
  { town }: RecipientContext,
): readonly string[] {
  const parts = pattern.split("/");
  return [...townAddresses(town), ...agents.map((agent) => agent.address)].filter((address) => {
    const own = address.split("/");
    return own.length === parts.length && parts.every((part, index) => part === "*" || part === own[index]);
  });
}

const roleOfPattern: ReadonlyMap<string, Role> = new Map([
  ["@crew", "crew"],
  ["@polecats", "polecat"],
  ["@dogs", "dog"],
]);

function matchingPattern(
  pattern: string,
  agents: readonly Agent[],
  { town }: RecipientContext,
): readonly string[] {
  const [name = "", rigName] = pattern.split("/");
  const rig = rigName === undefined || rigName === "" ? undefined : town.rig(rigName).name;
  const rigs = town.rigs().map((each) => each.name);
  const role = roleOfPattern.get(name);
  if (role !== undefined)
    return agents
      .filter((agent) => agent.role === role && (rig === undefined || agent.rig === rig))
      .map((agent) => agent.address);
  switch (name) {
    case "@town":
      return ["mayor/", "deacon/"];
    case "@deacons":
      return ["deacon/"];
    case "@witnesses":
      return rigs.map((each) => `${each}/witness`);
    case "@refineries":
      return rigs.map((each) => `${each}/refinery`);
    case "@rig":
      if (rig === undefined) break;
      return [
        `${rig}/witness`,
        `${rig}/refinery`,
        ...agents.filter((agent) => agent.rig === rig).map((agent) => agent.address),
      ];
    case "@all":
      return [
        ...townAddresses(town).filter((address) => address !== "overseer" && address !== "deacon/boot"),
        ...agents.map((agent) => agent.address),
      ];
  }
  throw new GtError("E_TARGET", `unknown pattern: ${sanitiseLine(pattern)}`, {
    why: [
      "patterns: @town, @all, @overseer, @witnesses, @refineries, @deacons, @dogs, @crew, @polecats, @rig/<rig>",
    ],
    hint: "gt help mail send",
  });
}
