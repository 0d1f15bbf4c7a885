/**
 * Up to three candidates for a mistyped word, best first (spec/07 §1.6): synonym, same start, edit distance, substring;
 * ties by name.
 */
export function suggest(
  word: string,
  candidates: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): readonly string[] {
  const synonym = Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
  const wanted = word.toLowerCase();
  const reach = Math.max(2, Math.floor(wanted.length / 3));
  const ranked = candidates
    .map((name) => ({ name, rank: rank(wanted, name.toLowerCase(), reach) }))
    .filter((candidate) => candidate.rank < Number.POSITIVE_INFINITY)
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
    .map((candidate) => candidate.name);
  return [...new Set(synonym === undefined ? ranked : [synonym, ...ranked])].slice(0, 3);
}

/** `did you mean "x"?`, or undefined when nothing is near. */
export function didYouMean(suggestions: readonly string[]): string | undefined {
  if (suggestions.length === 0) return undefined;
  return suggestions.length === 1
    ? `did you mean "${suggestions[0]}"?`
    : `did you mean one of: ${suggestions.join(", ")}?`;
}

function rank(wanted: string, name: string, reach: number): number {
  if (wanted === "") return Number.POSITIVE_INFINITY;
  if (name.startsWith(wanted) || (name.length > 1 && wanted.startsWith(name))) return 100;
  const distance = editDistance(wanted, name);
  // A distance as long as the word itself says nothing: "ab" is two edits from every other two letters.
  if (distance <= reach && distance < Math.max(wanted.length, name.length) - 1) return 200 + distance;
  return wanted.length > 1 && name.includes(wanted) ? 300 : Number.POSITIVE_INFINITY;
}

/** Damerau's distance (optimal string alignment): insertions, deletions, substitutions, swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
