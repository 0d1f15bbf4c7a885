import type { Bead } from "../../../core/ledger/bead.ts";

/** Beads in the order of `--sort` (spec/01 §10.3): dates newest first, ids with numbers read as numbers. */
export function sortBeads(
  beads: readonly Bead[],
  key: string | undefined,
  isReversed: boolean,
): readonly Bead[] {
  const compare = key === undefined ? undefined : orders[key];
  const sorted =
    compare === undefined ? [...beads] : beads.toSorted((a, b) => compare(a, b) || compareIds(a.id, b.id));
  return isReversed ? sorted.reverse() : sorted;
}

const collator = new Intl.Collator("en", { numeric: true });

/** `.4` before `.10`. */
export function compareIds(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : 1);
}

const text = (read: (bead: Bead) => string) => (a: Bead, b: Bead) => collator.compare(read(a), read(b));
const newest = (read: (bead: Bead) => number | undefined) => (a: Bead, b: Bead) =>
  (read(b) ?? 0) - (read(a) ?? 0);

const orders: Readonly<Record<string, (a: Bead, b: Bead) => number>> = {
  priority: (a, b) => a.priority - b.priority || b.createdAt - a.createdAt,
  created: newest((bead) => bead.createdAt),
  updated: newest((bead) => bead.updatedAt),
  closed: newest((bead) => bead.closedAt),
  status: text((bead) => bead.status),
  title: text((bead) => bead.title),
  type: text((bead) => bead.type),
  assignee: text((bead) => bead.assignee),
  id: () => 0,
};
