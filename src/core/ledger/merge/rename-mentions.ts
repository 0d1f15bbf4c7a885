const word = /[A-Za-z][A-Za-z0-9]*-[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*/g;

/** Replaces ids that stand as whole words; a child follows its parent. */
export function renameInText(text: string, moves: ReadonlyMap<string, string>): string {
  return text.replace(word, (found) => {
    for (let end = found.length; end > 0; end = found.lastIndexOf(".", end - 1)) {
      const moved = moves.get(found.slice(0, end));
      if (moved !== undefined) return moved + found.slice(end);
    }
    return found;
  });
}

/** The same in every text of a JSON value. */
export function renameInValue(value: unknown, moves: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return renameInText(value, moves);
  if (Array.isArray(value)) return value.map((item) => renameInValue(item, moves));
  if (typeof value !== "object" || value === null || Object.keys(value).includes("rawJSON")) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameInValue(item, moves)]));
}
