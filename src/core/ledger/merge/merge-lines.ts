/** A change of one side: lines `from` up to `to` of the base become `lines`. */
interface Hunk {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

// Above this many cells the table of the longest common subsequence is not worth it; such texts count as conflicting.
const maxCells = 4_000_000;

/** Line-based three-way merge of texts (diff3); undefined when changes of both sides overlap. */
export function mergeLines(base: string, left: string, right: string): string | undefined {
  const baseLines = base.split("\n");
  const leftHunks = findHunks(baseLines, left.split("\n"));
  const rightHunks = findHunks(baseLines, right.split("\n"));
  if (leftHunks === undefined || rightHunks === undefined) return undefined;
  const merged: string[] = [];
  let at = 0;
  let l = 0;
  let r = 0;
  for (;;) {
    const a = leftHunks[l];
    const b = rightHunks[r];
    const next = a === undefined || (b !== undefined && b.from < a.from) ? b : a;
    if (next === undefined) break;
    if (a !== undefined && b !== undefined && overlap(a, b)) {
      if (!isSame(a, b)) return undefined;
      l++;
      r++;
    } else if (next === a) l++;
    else r++;
    merged.push(...baseLines.slice(at, next.from), ...next.lines);
    at = next.to;
  }
  merged.push(...baseLines.slice(at));
  return merged.join("\n");
}

/** Two insertions at one place overlap too: nothing says which comes first. */
function overlap(a: Hunk, b: Hunk): boolean {
  if (a.from === b.from) return true;
  return a.from < b.from ? b.from < a.to : a.from < b.to;
}

function isSame(a: Hunk, b: Hunk): boolean {
  return a.from === b.from && a.to === b.to && a.lines.join("\n") === b.lines.join("\n");
}

function findHunks(base: readonly string[], side: readonly string[]): readonly Hunk[] | undefined {
  let start = 0;
  while (start < base.length && start < side.length && base[start] === side[start]) start++;
  let baseEnd = base.length;
  let sideEnd = side.length;
  while (baseEnd > start && sideEnd > start && base[baseEnd - 1] === side[sideEnd - 1]) {
    baseEnd--;
    sideEnd--;
  }
  if (baseEnd === start && sideEnd === start) return [];
  if ((baseEnd - start) * (sideEnd - start) > maxCells) return undefined;
  const middle = side.slice(start, sideEnd);
  const pairs = commonLines(base.slice(start, baseEnd), middle);
  const hunks: Hunk[] = [];
  let fromBase = 0;
  let fromSide = 0;
  for (const [inBase, inSide] of [...pairs, [baseEnd - start, sideEnd - start] as const]) {
    if (inBase > fromBase || inSide > fromSide)
      hunks.push({ from: start + fromBase, to: start + inBase, lines: middle.slice(fromSide, inSide) });
    fromBase = inBase + 1;
    fromSide = inSide + 1;
  }
  return hunks;
}

/** Positions of a longest common subsequence. */
function commonLines(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
