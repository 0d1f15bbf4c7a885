import type { Bead } from "../ledger/bead.ts";

/** Work that has landed: what it was called and what it touched. */
export interface PastWork {
  readonly text: string;
  readonly files: readonly string[];
}

/** Cosine of two titles from which on their work is taken to be alike. */
const leastLikeness = 0.25;
const mostAlike = 5;
const mostFiles = 8;
/** A change of more files than this says nothing about where similar work will be. */
const wideChange = 30;
/** A file that so large a share of all work touches tells no work from another, once there is enough of it. */
const commonShare = 0.25;
const enoughWork = 12;

/**
 * Learns from what has landed which files work will touch: those of the changes whose titles are most like its own, rare
 * words counting most. Advice, drawn from a few hundred changes. Pure.
 */
export function learnFiles(past: readonly PastWork[]): (bead: Pick<Bead, "title">) => ReadonlySet<string> {
  const known = past
    .filter(({ files }) => files.length > 0 && files.length <= wideChange)
    .map(({ text, files }) => ({ words: wordsOf(text), files }));
  const occurs = countOf(known.map(({ words }) => words));
  const touched = countOf(known.map(({ files }) => new Set(files)));
  const rarity = (word: string): number => Math.log(1 + known.length / (1 + (occurs.get(word) ?? 0)));
  const length = (words: ReadonlySet<string>): number => Math.hypot(...[...words].map(rarity));
  const lengths = known.map(({ words }) => length(words));
  const isCommon = (file: string): boolean =>
    known.length >= enoughWork && (touched.get(file) ?? 0) > commonShare * known.length;

  return ({ title }) => {
    const words = wordsOf(title);
    const own = length(words);
    if (own === 0) return new Set();
    const alike = known
      .map((work, index) => {
        const common = [...words].filter((word) => work.words.has(word));
        const product = common.reduce((sum, word) => sum + rarity(word) ** 2, 0);
        return { files: work.files, likeness: product / (own * (lengths[index] ?? 1)) };
      })
      .filter(({ likeness }) => likeness >= leastLikeness)
      .toSorted((one, other) => other.likeness - one.likeness)
      .slice(0, mostAlike);
    const scores = new Map<string, number>();
    for (const { files, likeness } of alike)
      for (const file of files) if (!isCommon(file)) scores.set(file, (scores.get(file) ?? 0) + likeness);
    const best = [...scores].toSorted(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
    return new Set(best.slice(0, mostFiles).map(([file]) => file));
  };
}

/** Words that say nothing about the place of the work. */
const empty = new Set(
  "add and the for with from into that this fix make use let new not all when its are has have change update".split(
    " ",
  ),
);

function wordsOf(text: string): ReadonlySet<string> {
  const apart = text.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  const words = (apart.match(/[\p{L}\p{N}]{3,}/gu) ?? []).filter((word) => !empty.has(word));
  return new Set(words.map((word) => word.replace(/(?<=.{4})(?:ing|ed|es|s)$/, "")));
}

function countOf(sets: readonly ReadonlySet<string>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const set of sets) for (const item of set) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
