import { GtError, usageError } from "../gt-error.ts";
import { townPrefix } from "../ledger/town-ledger.ts";
import { sanitiseLine } from "../sanitise.ts";

/** Who has a prefix already: a rig's name, or `town`. */
export type PrefixOwners = ReadonlyMap<string, string>;

const form = /^(?!.*--)[a-z][a-z0-9-]{0,19}$/;
const placeEnding = /^(.+)(town|ville|port|place|land|field|wood|ford)$/;

/** The prefix a person asked for, or `E_USAGE`; `E_EXISTS` when somebody else has it. */
export function givenPrefix(given: string, rig: string, owners: PrefixOwners): string {
  const prefix = given.replace(/-$/, "");
  if (!form.test(prefix)) {
    throw usageError(`"${sanitiseLine(given)}" cannot be a bead prefix`, {
      why: ["a small letter, then small letters, digits and single hyphens, at most 20"],
      hint: `gt rig add ${rig} <git-url or path> --prefix ${derivePrefix(rig)}`,
    });
  }
  const owner = ownerOf(prefix, owners);
  if (owner === undefined || owner === rig) return prefix;
  throw new GtError("E_EXISTS", `the prefix "${prefix}" belongs to ${owner}`, {
    hint: `gt rig add ${rig} <git-url or path> --prefix ${choosePrefix(rig, owners)}`,
  });
}

/** The first free one of: derived from the name, three letters, four, the whole name, then numbered. */
export function choosePrefix(rig: string, owners: PrefixOwners): string {
  const letters = rig.toLowerCase().replace(/[^a-z0-9]/g, "");
  const derived = derivePrefix(rig);
  const candidates = [derived, letters.slice(0, 3), letters.slice(0, 4), letters.slice(0, 20)];
  const isFree = (prefix: string) => {
    const owner = ownerOf(prefix, owners);
    return owner === undefined || owner === rig;
  };
  const free = candidates.find(isFree);
  if (free !== undefined) return free;
  for (let number = 2; ; number++) if (isFree(`${derived}${number}`)) return `${derived}${number}`;
}

/** `gastown` gives `gt`, `my_project` gives `mp`, `HTMLParser` gives `hp`, `beads` gives `be` (spec/07 §5.3). */
export function derivePrefix(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1_$2")
    .replace(/([A-Za-z])(\d)/g, "$1_$2")
    .replace(/(\d)([A-Za-z])/g, "$1_$2")
    .toLowerCase()
    .split(/[_-]+/)
    .filter((word) => word !== "");
  const firsts = words
    .map((word) => word[0])
    .join("")
    .slice(0, 5);
  if (words.length > 1) return firsts;
  const word = words[0] ?? "rig";
  if (word.length <= 3) return word;
  const place = placeEnding.exec(word);
  if (place) return `${place[1]?.[0]}${place[2]?.[0]}`;
  return word.slice(0, 2);
}

function ownerOf(prefix: string, owners: PrefixOwners): string | undefined {
  return prefix === townPrefix ? "town" : owners.get(prefix);
}
