import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";

/** Types that `create --deps` knows; `dep add` takes any (spec/01 §4.1). */
const knownTypes: ReadonlySet<string> = new Set([
  "blocks",
  "conditional-blocks",
  "waits-for",
  "parent-child",
  "tracks",
  "related",
  "relates-to",
  "discovered-from",
  "caused-by",
  "validates",
  "until",
  "replies-to",
  "duplicates",
  "supersedes",
  "authored-by",
  "assigned-to",
  "approved-by",
  "attests",
  "delegated-from",
]);

export interface WantedDependency {
  readonly type: string;
  readonly id: string;
  /** The other bead depends on the new one: `blocks:X` reads "this blocks X". */
  readonly isReversed: boolean;
}

/** Reads `--deps a,type:b,...` (spec/01 §10.2). */
export function parseDependencies(parts: readonly string[]): readonly WantedDependency[] {
  return parts.map((part) => {
    const colon = part.startsWith("external:") ? -1 : part.indexOf(":");
    if (colon === -1) return { type: "blocks", id: part, isReversed: false };
    const word = part.slice(0, colon).trim().replaceAll("_", "-");
    const id = part.slice(colon + 1).trim();
    if (id === "") throw usageError(`"${sanitiseLine(part)}" names no bead`);
    if (word === "depends-on" || word === "blocked-by") return { type: "blocks", id, isReversed: false };
    if (!knownTypes.has(word)) {
      throw new GtError(
        "E_INVALID",
        `unknown dependency type "${sanitiseLine(word)}" (valid: ${[...knownTypes].join(", ")})`,
        {
          exitCode: 2,
        },
      );
    }
    return { type: word, id, isReversed: word === "blocks" };
  });
}
