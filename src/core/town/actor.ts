import { readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { GtError } from "../gt-error.ts";
import { type Address, formatAddress, overseerAddress, parseAddress } from "./address.ts";
import { isObject } from "./json-file.ts";
import type { Rig, Town } from "./town.ts";

export interface Caller {
  readonly address: Address;
  readonly source: "env" | "file" | "cwd" | "default";
}

interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly town: Town | undefined;
}

/** Canonical address of whoever calls (spec/06 §1.2). Throws `E_ROLE_INCOMPLETE` when `GT_ROLE` names nobody. */
export function resolveActor(surroundings: Surroundings): string {
  return formatAddress(resolveCaller(surroundings).address);
}

/** The same with the place from which the identity was read. */
export function resolveCaller({ env, cwd, town }: Surroundings): Caller {
  const role = env["GT_ROLE"];
  const fromRole = role ? addressOfRole(role, env, town) : undefined;
  if (fromRole) return { address: fromRole, source: "env" };
  const fromActor = env["BD_ACTOR"] ? addressOf(env["BD_ACTOR"], town) : undefined;
  if (fromActor) return { address: fromActor, source: "env" };
  const fromFile = town && addressOfFile(cwd, town);
  if (fromFile) return { address: fromFile, source: "file" };
  const fromPlace = town && addressOfDirectory(cwd, town);
  if (fromPlace) return { address: fromPlace, source: "cwd" };
  // An agent that cannot say who it is must not act as the human.
  if (role) throw incompleteRole(role, env);
  return { address: overseerAddress, source: "default" };
}

/** The registered rig in whose directory `cwd` lies. */
export function rigOfDirectory(cwd: string, town: Town): Rig | undefined {
  const [first = ""] = relative(town.root, cwd).split(sep);
  return town.findRig(first);
}

/** The agent in whose directory `cwd` lies (spec/07 §2.4); only registered rigs count. */
export function addressOfDirectory(cwd: string, town: Town): Address | undefined {
  const inside = relative(town.root, cwd);
  if (inside === ".." || inside.startsWith(`..${sep}`)) return undefined;
  const [first = "", second = "", third = ""] = inside.split(sep);
  if (first === "mayor") return { role: "mayor", rig: "", name: "" };
  if (first === "deacon") {
    if (second !== "dogs" || third === "") return { role: "deacon", rig: "", name: "" };
    return third === "boot"
      ? { role: "boot", rig: "", name: "" }
      : { role: "dog", rig: "", name: third.toLowerCase() };
  }
  // At the root the registry is not needed, and may be broken.
  const rig = first === "" ? undefined : town.findRig(first);
  if (!rig) return undefined;
  switch (second) {
    case "mayor":
      return { role: "mayor", rig: "", name: "" };
    case "witness":
    case "refinery":
      return { role: second, rig: rig.name, name: "" };
    case "polecats":
      return third === "" ? undefined : { role: "polecat", rig: rig.name, name: third };
    case "crew":
      return third === ""
        ? undefined
        : (guestNamed(third, town) ?? { role: "crew", rig: rig.name, name: third });
    default:
      return undefined;
  }
}

/**
 * The member of another rig who works in `<rig>/crew/<his rig>-<his name>` (spec/04 §4). Names of rigs and members have no
 * hyphen.
 */
function guestNamed(directory: string, town: Town): Address | undefined {
  const [rig = "", name = "", surplus] = directory.split("-");
  if (name === "" || surplus !== undefined) return undefined;
  const home = town.findRig(rig);
  return home === undefined ? undefined : { role: "crew", rig: home.name, name };
}

/** `GT_ROLE` as a whole address, or as a role word completed by its helper variables (spec/03 §3.2). */
function addressOfRole(role: string, env: NodeJS.ProcessEnv, town: Town | undefined): Address | undefined {
  const whole = addressOf(role, town);
  if (whole) return whole;
  const rig = env["GT_RIG"] ?? "";
  switch (role.replaceAll("/", "")) {
    case "witness":
      return rig ? { role: "witness", rig, name: "" } : undefined;
    case "refinery":
      return rig ? { role: "refinery", rig, name: "" } : undefined;
    case "polecat":
      return rig && env["GT_POLECAT"]
        ? { role: "polecat", rig, name: env["GT_POLECAT"].toLowerCase() }
        : undefined;
    case "crew":
      return rig && env["GT_CREW"] ? { role: "crew", rig, name: env["GT_CREW"] } : undefined;
    case "dog":
      return env["GT_DOG_NAME"] ? { role: "dog", rig: "", name: env["GT_DOG_NAME"] } : undefined;
    default:
      return undefined;
  }
}

/** `<rig>/<name>` in an agent's environment is a polecat (spec/03 §3.2). */
function addressOf(text: string, town: Town | undefined): Address | undefined {
  const parsed = parseAddress(text);
  if (parsed) return parsed;
  const [rig = "", name = "", surplus] = text.split("/").filter((part) => part !== "");
  if (!town || name === "" || surplus !== undefined) return undefined;
  return town.findRig(rig) ? { role: "polecat", rig, name: name.toLowerCase() } : undefined;
}

function addressOfFile(cwd: string, town: Town): Address | undefined {
  for (let at = cwd; at.startsWith(town.root); at = dirname(at)) {
    try {
      const value: unknown = JSON.parse(readFileSync(join(at, ".gt-agent"), "utf8"));
      if (!isObject(value)) return undefined;
      const word = (key: string) => (typeof value[key] === "string" ? value[key] : "");
      return addressOfRole(
        word("role"),
        { GT_RIG: word("rig"), GT_POLECAT: word("name"), GT_CREW: word("name"), GT_DOG_NAME: word("name") },
        town,
      );
    } catch {
      // No such file here, or not one of ours: look further up.
    }
    if (at === town.root) return undefined;
  }
  return undefined;
}

function incompleteRole(role: string, env: NodeJS.ProcessEnv): GtError {
  const word = role.replaceAll("/", "");
  const needs: Readonly<Record<string, readonly string[]>> = {
    witness: ["GT_RIG"],
    refinery: ["GT_RIG"],
    polecat: ["GT_RIG", "GT_POLECAT"],
    crew: ["GT_RIG", "GT_CREW"],
    dog: ["GT_DOG_NAME"],
  };
  const missing = (needs[word] ?? []).filter((name) => !env[name]);
  return new GtError("E_ROLE_INCOMPLETE", `cannot determine identity (GT_ROLE=${role})`, {
    why:
      missing.length > 0
        ? [`${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set`]
        : ["roles: mayor, deacon, boot, dog, witness, refinery, polecat, crew"],
    hint: missing.length > 0 ? `export ${missing[0]}=<name>` : "unset GT_ROLE",
  });
}
