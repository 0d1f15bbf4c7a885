import type { Role } from "../ledger/bead.ts";
import type { Address } from "./address.ts";
import type { Rig } from "./town.ts";

type RigName = Pick<Rig, "name" | "prefix">;

const townPrefix = "hq";

/** Name of the agent's session (spec/04 §1.1). `rig` is the agent's rig, needed for rig roles. */
export function sessionName(address: Address, rig?: RigName): string {
  switch (address.role) {
    case "overseer":
      throw new Error("the overseer has no session");
    case "mayor":
    case "deacon":
    case "boot":
      return `${townPrefix}-${address.role}`;
    case "dog":
      return `${townPrefix}-dog-${address.name}`;
    case "witness":
    case "refinery":
      return `${prefixOf(address, rig)}-${address.role}`;
    case "crew":
      return `${prefixOf(address, rig)}-crew-${address.name}`;
    case "polecat":
      return `${prefixOf(address, rig)}-${address.name}`;
  }
}

/** Whose session it is; undefined for a foreign name. */
export function parseSessionName(session: string, rigs: readonly RigName[]): Address | undefined {
  if (session.startsWith(`${townPrefix}-`)) return parseTownAgent(session.slice(townPrefix.length + 1));
  const rig = longestPrefix(session, rigs);
  if (!rig) return undefined;
  const rest = session.slice(rig.prefix.length + 1);
  if (rest === "witness" || rest === "refinery") return { role: rest, rig: rig.name, name: "" };
  if (rest.startsWith("crew-")) return { role: "crew", rig: rig.name, name: rest.slice("crew-".length) };
  return rest === "" ? undefined : { role: "polecat", rig: rig.name, name: rest };
}

/** Id of the agent's bead (spec/04 §1.1); the rig part is left out when it equals the prefix. */
export function agentBeadId(address: Address, rig?: RigName): string {
  if (address.role === "overseer") throw new Error("the overseer has no bead");
  if (address.rig === "") return sessionName(address);
  const prefix = prefixOf(address, rig);
  const start = prefix === address.rig ? prefix : `${prefix}-${address.rig}`;
  return address.name === "" ? `${start}-${address.role}` : `${start}-${address.role}-${address.name}`;
}

/** Whose bead it is; undefined when the id belongs to no agent. */
export function parseAgentBeadId(id: string, rigs: readonly RigName[]): Address | undefined {
  if (id.startsWith(`${townPrefix}-`)) return parseTownAgent(id.slice(townPrefix.length + 1));
  for (const rig of rigs) {
    const start = rig.prefix === rig.name ? rig.prefix : `${rig.prefix}-${rig.name}`;
    if (!id.startsWith(`${start}-`)) continue;
    const match = /^(witness|refinery|crew|polecat)(?:-(.+))?$/.exec(id.slice(start.length + 1));
    const role = match?.[1] as Role | undefined;
    const name = match?.[2] ?? "";
    const isNamed = role === "crew" || role === "polecat";
    if (role && isNamed === (name !== "")) return { role, rig: rig.name, name };
  }
  return undefined;
}

function parseTownAgent(rest: string): Address | undefined {
  if (rest === "mayor" || rest === "deacon" || rest === "boot") return { role: rest, rig: "", name: "" };
  return /^dog-./.test(rest) ? { role: "dog", rig: "", name: rest.slice("dog-".length) } : undefined;
}

function prefixOf(address: Address, rig: RigName | undefined): string {
  if (rig?.name !== address.rig) throw new Error(`the prefix of rig "${address.rig}" is needed`);
  return rig.prefix;
}

/** Prefixes may contain hyphens: `my-app-x` belongs to `my-app` before `my`. */
export function longestPrefix<R extends RigName>(id: string, rigs: readonly R[]): R | undefined {
  let found: R | undefined;
  for (const rig of rigs) {
    if (id.startsWith(`${rig.prefix}-`) && rig.prefix.length > (found?.prefix.length ?? 0)) found = rig;
  }
  return found;
}
