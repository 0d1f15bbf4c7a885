import { GtError } from "../../core/gt-error.ts";

/** Where a sling is meant to go, as typed; rig and agent names are not looked up yet (spec/04 §2.3). */
export type SlingTarget =
  | { readonly kind: "self" }
  | { readonly kind: "rig"; readonly rig: string }
  /** `<rig>/<n>` may still be crew; `explicit` says that the word `polecats` was there. */
  | { readonly kind: "polecat"; readonly rig: string; readonly name: string; readonly explicit: boolean }
  | { readonly kind: "crew"; readonly rig: string; readonly name: string }
  | { readonly kind: "rig-role"; readonly rig: string; readonly role: "witness" | "refinery" }
  | { readonly kind: "town-role"; readonly role: "mayor" | "deacon" | "boot" }
  | { readonly kind: "dog"; readonly name?: string };

const townRoles: Readonly<Record<string, "mayor" | "deacon">> = {
  mayor: "mayor",
  may: "mayor",
  deacon: "deacon",
  dea: "deacon",
};
const rigRoles: Readonly<Record<string, "witness" | "refinery">> = {
  witness: "witness",
  wit: "witness",
  refinery: "refinery",
  ref: "refinery",
};

const forms = [
  "<rig>",
  "<rig>/<polecat> or <rig>/polecats/<polecat>",
  "<rig>/crew/<name>",
  "mayor, deacon, <rig>/witness, <rig>/refinery",
  "dog:<name>, deacon/dogs",
  ". (yourself)",
];

/** The target meant by the word, or `E_TARGET` with the valid forms. Nothing outside is looked at. */
export function parseSlingTarget(word: string): SlingTarget {
  const text = word.replace(/\/+$/, "");
  if (text === ".") return { kind: "self" };
  if (/^dog:/.test(text)) {
    const name = text.slice("dog:".length);
    if (name === "") return { kind: "dog" };
    if (/^[a-z0-9-]+$/i.test(name)) return { kind: "dog", name: name.toLowerCase() };
    throw badTarget(word, "not a dog's name");
  }
  const segments = text.split("/");
  if (text === "" || segments.some((segment) => segment === "")) throw badTarget(word, "empty path segment");
  // A word that starts with a hyphen was meant as a flag.
  if (segments.some((segment) => segment.startsWith("-")))
    throw badTarget(word, "a name does not start with a hyphen");
  if (segments.length > 3) throw badTarget(word, "more than three parts");
  const [first = "", second, third] = segments;

  const townRole = townRoles[first];
  if (townRole !== undefined) {
    if (second === undefined) return { kind: "town-role", role: townRole };
    if (townRole === "mayor") throw badTarget(word, "the mayor has no sub-agents");
    if (second === "boot" && third === undefined) return { kind: "town-role", role: "boot" };
    if (second === "dogs") return third === undefined ? { kind: "dog" } : { kind: "dog", name: third };
    throw badTarget(word, "the deacon has only boot and dogs");
  }
  if (second === undefined) return { kind: "rig", rig: first };

  const rigRole = rigRoles[second];
  if (rigRole !== undefined) {
    if (third !== undefined) throw badTarget(word, `the ${rigRole} has no sub-agents`);
    return { kind: "rig-role", rig: first, role: rigRole };
  }
  if (second === "crew" || second === "polecats") {
    if (third === undefined) throw badTarget(word, "the name is missing");
    return second === "crew"
      ? { kind: "crew", rig: first, name: third }
      : { kind: "polecat", rig: first, name: third.toLowerCase(), explicit: true };
  }
  if (third !== undefined) throw badTarget(word, `"${second}" is not a role`);
  return { kind: "polecat", rig: first, name: second.toLowerCase(), explicit: false };
}

function badTarget(word: string, reason: string): GtError {
  return new GtError("E_TARGET", `"${word}" is not a target: ${reason}`, {
    why: [`valid forms: ${forms.join("; ")}`],
    hint: "gt sling <bead> <rig>",
  });
}
