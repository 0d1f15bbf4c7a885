import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../gt-error.ts";
import type { Role } from "../ledger/bead.ts";
import { didYouMean, nearestNames } from "../nearest-name.ts";
import type { Rig, Town } from "./town.ts";

/** Who somebody is (spec/04 §1.1, spec/06 §1.1). `rig` and `name` are empty where the role has none. */
export interface Address {
  readonly role: Role | "overseer";
  readonly rig: string;
  /** Name of a dog, crew member or polecat. */
  readonly name: string;
}

export const overseerAddress: Address = { role: "overseer", rig: "", name: "" };

/** Short spellings of town roles and rig roles. Maps, since the words come from outside: `toString` is no role. */
const townWords: ReadonlyMap<string, Address["role"]> = new Map([
  ["mayor", "mayor"],
  ["may", "mayor"],
  ["deacon", "deacon"],
  ["dea", "deacon"],
  ["boot", "boot"],
  ["overseer", "overseer"],
  ["human", "overseer"],
  ["@overseer", "overseer"],
]);
const rigWords: ReadonlyMap<string, "witness" | "refinery"> = new Map([
  ["witness", "witness"],
  ["wit", "witness"],
  ["refinery", "refinery"],
  ["ref", "refinery"],
]);
const agentName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** The one spelling that is stored and shown. */
export function formatAddress(address: Address): string {
  const { role, rig, name } = address;
  switch (role) {
    case "overseer":
      return "overseer";
    case "mayor":
    case "deacon":
      return `${role}/`;
    case "boot":
      return "deacon/boot";
    case "dog":
      return `deacon/dogs/${name}`;
    case "witness":
    case "refinery":
      return `${rig}/${role}`;
    case "crew":
      return `${rig}/crew/${name}`;
    case "polecat":
      return `${rig}/polecats/${name}`;
  }
}

/**
 * Reads a canonical address or one of its unambiguous spellings (`mayor`, `dog/rex`, `web/wit`). The short form
 * `<rig>/<name>` needs the town: see `resolveAddress`. Undefined when it is no address.
 */
export function parseAddress(text: string): Address | undefined {
  const parts = text.split("/").filter((part) => part !== "");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1) {
    const role = townWords.get(first);
    if (role) return { role, rig: "", name: "" };
    return first.startsWith("dog:") ? dogAddress(first.slice("dog:".length)) : undefined;
  }
  if (parts.length === 2) {
    if (first === "deacon" && second === "boot") return { role: "boot", rig: "", name: "" };
    if (first === "dogs" || first === "dog") return dogAddress(second);
    const role = rigWords.get(second);
    if (role && agentName.test(first)) return { role, rig: first, name: "" };
    // Whoever writes `web/mayor` means the one mayor of the town.
    if (second === "mayor" || second === "deacon") return { role: second, rig: "", name: "" };
    return undefined;
  }
  if (parts.length !== 3) return undefined;
  if (first === "deacon" && second === "dogs") return dogAddress(third);
  if (!agentName.test(first) || !agentName.test(third)) return undefined;
  if (second === "crew") return { role: "crew", rig: first, name: third };
  if (second === "polecats" || second === "polecat")
    return { role: "polecat", rig: first, name: third.toLowerCase() };
  return undefined;
}

function dogAddress(name: string): Address | undefined {
  if (name === "boot") return { role: "boot", rig: "", name: "" };
  return agentName.test(name) ? { role: "dog", rig: "", name: name.toLowerCase() } : undefined;
}

export interface AddressContext {
  readonly town: Town;
  /** Rig of a bare `witness` or `refinery`. */
  readonly rig?: string | undefined;
  /** Who calls: a bare `crew` is the crew member that does. */
  readonly actor?: string | undefined;
}

/**
 * The address a person meant, with the town's rigs and directories as context: also `<rig>/<name>`, `crew/<name>`,
 * `polecats/<name>`, and words that mean something only here (`wordHere`). Throws `E_TARGET` with suggestions.
 */
export function resolveAddress(text: string, context: AddressContext): Address {
  const { town } = context;
  const exact = parseAddress(text);
  if (exact) return exact.rig === "" ? exact : withRig(exact, town);
  const parts = text.split("/").filter((part) => part !== "");
  const [first = "", second = ""] = parts;
  const here = parts.length === 1 ? wordHere(first, context) : undefined;
  if (here) return here;
  if (parts.length === 2) {
    const places =
      first === "crew" || first === "polecats"
        ? town.rigs().flatMap((rig) => namedIn(rig, second).filter((found) => placeOf(found) === first))
        : namedIn(town.rig(first), second);
    if (places.length === 1 && places[0]) return places[0];
    if (places.length > 1) {
      throw new GtError("E_TARGET", `ambiguous address "${text}": ${places.map(formatAddress).join(" or ")}`);
    }
  }
  throw unknownAddress(text, town);
}

/** Bare `witness`, `refinery` and `crew`, which mean somebody only from where they are said; undefined for other words. */
export function wordHere(word: string, { town, rig, actor = "" }: AddressContext): Address | undefined {
  const role = rigWords.get(word);
  if (role !== undefined) {
    if (rig) return { role, rig: town.rig(rig).name, name: "" };
    throw new GtError("E_TARGET", `"${word}" needs a rig`, {
      hint: town.rigs()[0] ? `use ${town.rigs()[0]?.name}/${role}` : "gt rig list",
    });
  }
  if (word !== "crew") return undefined;
  const caller = parseAddress(actor);
  if (caller?.role === "crew") return withRig(caller, town);
  throw new GtError("E_TARGET", '"crew" is a crew member that calls; name the one you mean', {
    hint: "gt crew list",
  });
}

/** Whether the word alone names a role, whoever says it where. */
export const isRoleWord = (word: string): boolean =>
  townWords.has(word) || rigWords.has(word) || word === "crew";

function withRig(address: Address, town: Town): Address {
  return { ...address, rig: town.rig(address.rig).name };
}

function placeOf(address: Address): string {
  return address.role === "crew" ? "crew" : "polecats";
}

/** Crew member and polecat of that name in a rig: exact spelling first, any case second. */
function namedIn(rig: Rig, name: string): readonly Address[] {
  const lower = name.toLowerCase();
  const all: readonly Address[] = [
    ...directories(rig.crew).map((crew): Address => ({ role: "crew", rig: rig.name, name: crew })),
    ...directories(rig.polecats).map(
      (polecat): Address => ({ role: "polecat", rig: rig.name, name: polecat }),
    ),
  ];
  const exact = all.filter((address) => address.name === name);
  return exact.length > 0 ? exact : all.filter((address) => address.name.toLowerCase() === lower);
}

function directories(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => entry.name);
}

function unknownAddress(text: string, town: Town): GtError {
  const known = [
    "mayor/",
    "deacon/",
    "overseer",
    ...town
      .rigs()
      .flatMap((rig) => [
        `${rig.name}/witness`,
        `${rig.name}/refinery`,
        ...directories(rig.crew).map((name) => `${rig.name}/crew/${name}`),
        ...directories(rig.polecats).map((name) => `${rig.name}/polecats/${name}`),
      ]),
  ];
  const suggestions = nearestNames(text, known);
  return new GtError("E_TARGET", `no agent with the address "${text}"${didYouMean(suggestions)}`, {
    hint: "gt agents",
    details: { suggestions },
  });
}

const reservedNames = new Set(["witness", "mayor", "deacon", "refinery", "crew", "polecats", "boot", "dogs"]);

/** Names that no polecat or dog may bear: they would collide with roles or with crew session names (spec/04 §1.1). */
export function isReservedName(name: string): boolean {
  const lower = name.toLowerCase();
  return reservedNames.has(lower) || lower.startsWith("crew-");
}

/** The agent's working directory (spec/04 §1.1). The overseer has none. */
export function agentHome(town: Town, address: Address): string | undefined {
  const inRig = (...parts: readonly string[]) => join(town.root, address.rig, ...parts);
  switch (address.role) {
    case "overseer":
      return undefined;
    case "mayor":
    case "deacon":
      return join(town.root, address.role);
    case "boot":
      return join(town.root, "deacon", "dogs", "boot");
    case "dog":
      return join(town.root, "deacon", "dogs", address.name);
    case "witness":
      return inRig("witness");
    case "refinery":
      return inRig("refinery", "rig");
    case "crew":
      return inRig("crew", address.name);
    case "polecat":
      return inRig("polecats", address.name, address.rig);
  }
}
