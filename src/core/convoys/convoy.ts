import type { Bead } from "../ledger/bead.ts";

export type MergeChoice = "mr" | "direct" | "local" | "pr";

/** What a convoy stores beside its beads (`metadata.convoy`, spec/05 §6.1). */
export interface ConvoyFields {
  /** Who asked for it and hears of the landing. */
  readonly owner: string;
  readonly notify: readonly string[];
  readonly watchers: readonly string[];
  readonly nudge_watchers: readonly string[];
  readonly merge?: MergeChoice;
  readonly base_branch?: string;
  readonly molecule?: string;
  readonly epic?: string;
  readonly feed: "auto" | "manual";
  readonly outcome?: "landed" | "abandoned" | "cancelled";
}

export const ownedLabel = "gt:owned";
export const mountainLabel = "mountain";
export const pausedLabel = "mountain:paused";
export const skippedLabel = "mountain:skipped";
/** All that is left of a mountain is skipped or waits for what was. */
export const finishedLabel = "mountain:finished";
export const spawnBlockedLabel = "gt:spawn-blocked";
export const feedHeldLabel = "gt:feed-held";

/** Types of beads that an agent can be given (spec/05 §0.1). */
const slingableTypes = new Set(["", "task", "bug", "feature", "chore"]);

export const isSlingable = (bead: Bead): boolean => slingableTypes.has(bead.type);
export const isConvoy = (bead: Bead): boolean => bead.type === "convoy" || bead.labels.includes("gt:convoy");
export const isOwned = (convoy: Bead): boolean => convoy.labels.includes(ownedLabel);
export const isStaged = (convoy: Bead): boolean => /^staged[_:](ready|warnings)$/.test(convoy.status);

/** The fields of a convoy with their defaults; anything of a wrong type counts as absent. */
export function convoyFields(convoy: Bead): ConvoyFields {
  const stored = convoy.metadata["convoy"];
  const value: Readonly<Record<string, unknown>> =
    typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  const text = (key: string): string | undefined => {
    const found = value[key];
    return typeof found === "string" && found !== "" ? found : undefined;
  };
  const list = (key: string): readonly string[] => {
    const found = value[key];
    return Array.isArray(found) ? found.filter((entry) => typeof entry === "string") : [];
  };
  return {
    owner: text("owner") ?? convoy.createdBy,
    notify: list("notify"),
    watchers: list("watchers"),
    nudge_watchers: list("nudge_watchers"),
    feed: text("feed") === "manual" ? "manual" : "auto",
    ...optional("merge", text("merge") as MergeChoice | undefined),
    ...optional("base_branch", text("base_branch")),
    ...optional("molecule", text("molecule")),
    ...optional("epic", text("epic")),
    ...optional("outcome", text("outcome") as ConvoyFields["outcome"]),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

/** Lock of whoever dispatches the convoy's beads by hand; ordered before `pool` (spec/04 §0.2). */
export const feedLockName = (convoy: string): string => `feed-${convoy}`;
