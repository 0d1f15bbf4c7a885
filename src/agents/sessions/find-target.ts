import { GtError } from "../../core/gt-error.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { type Address, formatAddress, parseAddress, resolveAddress } from "../../core/town/address.ts";
import { parseSessionName, sessionName } from "../../core/town/agent-names.ts";
import type { Town } from "../../core/town/town.ts";

export interface Target {
  readonly address: Address;
  /** Canonical spelling of the address. */
  readonly actor: string;
  readonly session: string;
}

export interface TargetContext {
  readonly town: Town;
  readonly ledger: Ledger;
  /** The caller's address: decides the rig of a bare role. */
  readonly actor: string;
  readonly cwd?: string;
}

/** Whom a person or agent means: an address in any spelling, a session name, or a bead on somebody's hook (spec/03 §7.2). */
export async function findTarget(text: string, context: TargetContext): Promise<Target> {
  const { town, ledger } = context;
  const session = parseSessionName(text, town.rigs());
  if (session !== undefined && !text.includes("/")) {
    const isKnown = (await ledger.agent(formatAddress(session))) !== undefined;
    // A polecat's session name looks like a bead id of its rig; the agent that exists decides.
    if (isKnown || town.rigOfBead(text) === undefined) return targetOf(session, town);
    const holder = await holderOf(text, ledger);
    if (holder !== undefined) return targetOf(holder, town);
    throw new GtError("E_TARGET", `no agent has the session "${text}" or bead ${text} on its hook`, {
      hint: "gt agents",
    });
  }
  return targetOf(resolveAddress(text, { town, rig: callersRig(context), actor: context.actor }), town);
}

export function targetOf(address: Address, town: Town): Target {
  if (address.role === "overseer")
    throw new GtError("E_TARGET", "the overseer is a person and has no session", {
      hint: 'gt mail send --human -s "..."',
    });
  const rig = address.rig === "" ? undefined : town.rig(address.rig);
  return { address, actor: formatAddress(address), session: sessionName(address, rig) };
}

async function holderOf(bead: string, ledger: Ledger): Promise<Address | undefined> {
  const [agent] = await ledger.agents({ hookBead: bead });
  return agent && parseAddress(agent.address);
}

function callersRig({ actor, cwd, town }: TargetContext): string | undefined {
  const own = parseAddress(actor)?.rig;
  if (own !== undefined && own !== "") return own;
  if (cwd === undefined || !cwd.startsWith(`${town.root}/`)) return undefined;
  const [first = ""] = cwd.slice(town.root.length + 1).split("/");
  return town.findRig(first)?.name;
}
