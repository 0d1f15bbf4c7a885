import { GtError, usageError } from "../gt-error.ts";
import { sanitiseLine } from "../sanitise.ts";
import type { Rig } from "./town.ts";

const form = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;

/** Names that addresses, directories or commands need for themselves (spec/07 §5.3). */
const reserved = new Set(
  (
    "hq town mayor deacon boot dog dogs witness refinery polecat polecats crew human overseer all self " +
    "settings config plugins directives roles logs daemon events warrants beads bd gt migrate"
  ).split(" "),
);

/** Throws for a name that no rig may bear: ids and addresses contain it. Proposes one that would do. */
export function checkRigName(name: string, rigs: readonly Rig[]): void {
  const shown = sanitiseLine(name);
  if (!form.test(name)) {
    const proposal = proposeRigName(name);
    throw usageError(`"${shown}" cannot be the name of a rig`, {
      why: ["a letter, then letters, digits and underscores, at most 32: ids and addresses contain the name"],
      hint: `gt rig add ${proposal} <git-url or path>`,
      details: { suggestions: [proposal] },
    });
  }
  if (reserved.has(name.toLowerCase())) {
    throw usageError(`"${shown}" is a reserved name`, {
      hint: `gt rig add ${name}_project <git-url or path>`,
    });
  }
  const same = rigs.find((rig) => rig.name.toLowerCase() === name.toLowerCase());
  if (same) {
    throw new GtError("E_EXISTS", `there is already a rig named "${same.name}"`, {
      why: [`it is at ${same.path}`],
      hint: "gt rig list",
    });
  }
}

/** A valid name close to the given one: `my-app` becomes `my_app`. */
export function proposeRigName(name: string): string {
  const cleaned = name
    .replace(/\.git$/, "")
    .replace(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^[^A-Za-z]+/, "")
    .replace(/_+$/, "")
    .slice(0, 32);
  return cleaned === "" || reserved.has(cleaned.toLowerCase()) ? `${cleaned}project` : cleaned;
}
