/** Up to three of `names` that `typed` was probably meant to be (spec/07 §1.6): same start, then small edits, then a part. */
export function nearestNames(typed: string, names: readonly string[]): readonly string[] {
  const wanted = typed.toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return names
    .map((name) => ({ name, rank: rankOf(wanted, name.toLowerCase(), limit) }))
    .filter((candidate) => candidate.rank < Number.POSITIVE_INFINITY)
    .sort((one, other) => one.rank - other.rank || one.name.localeCompare(other.name))
    .slice(0, 3)
    .map((candidate) => candidate.name);
}

/** `did you mean "x"?` or the list; the empty string when there is nothing to say. */
export function didYouMean(suggestions: readonly string[]): string {
  if (suggestions.length === 0) return "";
  if (suggestions.length === 1) return ` (did you mean "${suggestions[0]}"?)`;
  return ` (did you mean one of: ${suggestions.join(", ")}?)`;
}

function rankOf(wanted: string, name: string, limit: number): number {
  if (wanted.length > 0 && name.startsWith(wanted)) return 0;
  const distance = editDistance(wanted, name);
  if (distance <= limit) return distance;
  return wanted.length > 1 && name.includes(wanted) ? 1000 : Number.POSITIVE_INFINITY;
}

/** Insertions, deletions, substitutions and swaps of neighbours (Damerau, optimal string alignment). */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[other.length] ?? 0;
}
