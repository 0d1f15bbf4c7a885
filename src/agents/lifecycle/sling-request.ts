import { GtError, usageError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { MergeStrategy } from "./attachment.ts";
import { parseSlingTarget, type SlingTarget } from "./sling-target.ts";

/** How a bead is to be worked on; the flags of `gt sling` (spec/04 §2.1). */
export interface SlingOptions {
  /** Instructions for the executor. */
  readonly args?: string;
  readonly subject?: string;
  readonly message?: string;
  /** Runtime for this assignment only. */
  readonly agent?: string;
  /** Account of the runtime, for this assignment only. */
  readonly account?: string;
  /** Creates a named polecat that does not exist. */
  readonly create?: boolean;
  readonly force?: boolean;
  readonly convoy?: "auto" | "none";
  readonly owned?: boolean;
  readonly merge?: MergeStrategy;
  readonly noMerge?: boolean;
  readonly reviewOnly?: boolean;
  readonly baseBranch?: string;
  readonly ralph?: boolean;
  /** Workflow by which the bead is worked on, instead of the rig's own. */
  readonly formula?: string;
  /** Variables of the workflow. */
  readonly vars?: Readonly<Record<string, string>>;
  /** The bare bead, without a workflow. */
  readonly raw?: boolean;
  /** The first word is a formula that is applied to this bead. */
  readonly on?: string;
  /** Batch: starts so many, waits, goes on. Container: starts at most so many now. 0 is no limit. */
  readonly maxConcurrent?: number;
  readonly dryRun?: boolean;
  /** Polecats that others of the same dry run would get. */
  readonly promised?: ReadonlySet<string>;
  /** Wakes neither Witness nor Refinery of the rig. */
  readonly noBoot?: boolean;
  /** Starts now, whatever the scheduler is set to: what the scheduler itself asks for. */
  readonly isDirect?: boolean;
}

/** What the words of a sling mean, once it is known which of them are beads (spec/04 §2.4). */
export type SlingPlan =
  | { readonly kind: "bead"; readonly bead: Bead; readonly target: SlingTarget | undefined }
  | { readonly kind: "batch"; readonly beads: readonly Bead[]; readonly target: SlingTarget | undefined }
  | { readonly kind: "container"; readonly container: Bead }
  /** The workflow itself is the work. */
  | { readonly kind: "formula"; readonly formula: string; readonly target: SlingTarget | undefined };

const isContainer = (bead: Bead): boolean =>
  bead.type === "epic" ||
  bead.type === "convoy" ||
  bead.labels.includes("gt:epic") ||
  bead.labels.includes("gt:convoy");

const kindOf = ({ type, labels }: Bead): string =>
  type === "convoy" || labels.includes("gt:convoy") ? "a convoy" : "an epic";

/** Flags that a container does not take: its children choose for themselves (spec/04 §2.9). */
const containerFlags = [
  ["account", "--account"],
  ["agent", "--agent"],
  ["ralph", "--ralph"],
  ["args", "--args"],
  ["vars", "--var"],
  ["merge", "--merge"],
  ["baseBranch", "--base-branch"],
  ["convoy", "--no-convoy"],
  ["owned", "--owned"],
  ["noMerge", "--no-merge"],
] as const satisfies readonly (readonly [keyof SlingOptions, string])[];

/**
 * The decision table of spec/04 §2.4. `found` holds the beads among the words, by word; a word that is both a bead and a
 * formula is a bead. Pure; throws the usage and target errors before anything was done.
 */
export function planSling(
  words: readonly string[],
  found: ReadonlyMap<string, Bead>,
  options: SlingOptions,
  isFormula: (word: string) => boolean = () => false,
): SlingPlan {
  const [first] = words;
  if (first === undefined) throw usageError("which bead?", { hint: "gt sling <bead> [<target>]" });
  if (!found.has(first) && isFormula(first)) return planFormula(words, first);
  const last = words.at(-1) ?? "";
  const hasTarget = words.length > 1 && !found.has(last);
  const target = hasTarget ? parseSlingTarget(last) : undefined;
  const beadWords = hasTarget ? words.slice(0, -1) : words;
  const beads = beadWords.map((word) => found.get(word) ?? notFound(word));
  const unique = [...new Map(beads.map((bead) => [bead.id, bead])).values()];
  const [bead] = unique;
  if (bead === undefined) throw notFound(first);

  const container = unique.find(isContainer);
  if (container !== undefined) {
    if (unique.length > 1 || target !== undefined)
      throw new GtError(
        "E_CONTAINER_TARGET",
        `${container.id} is ${kindOf(container)}: its children choose their own rigs`,
        {
          hint: `gt sling ${container.id}`,
        },
      );
    const refused = containerFlags.find(
      ([option]) => options[option] !== undefined && options[option] !== false,
    );
    if (refused !== undefined)
      throw new GtError("E_FLAG_CONTAINER", `${refused[1]} does not apply to ${kindOf(container)}`, {
        hint: `gt sling ${container.id}`,
      });
    return { kind: "container", container };
  }
  if (unique.length > 1) {
    if (target !== undefined && target.kind !== "rig")
      throw new GtError("E_TARGET", `${unique.length} beads go to a rig, not to one agent`, {
        hint: `gt sling ${unique.map((each) => each.id).join(" ")} ${"rig" in target ? target.rig : "<rig>"}`,
      });
    return { kind: "batch", beads: unique, target };
  }
  return { kind: "bead", bead, target };
}

function planFormula(words: readonly string[], formula: string): SlingPlan {
  const [, target, more] = words;
  if (more !== undefined)
    throw usageError("a workflow goes to one target", { hint: `gt sling ${formula} ${target ?? "<rig>"}` });
  return { kind: "formula", formula, target: target === undefined ? undefined : parseSlingTarget(target) };
}

function notFound(word: string): never {
  throw new GtError("E_NOT_FOUND", `"${word}" is neither a bead nor a formula`, { hint: "bd ready" });
}
