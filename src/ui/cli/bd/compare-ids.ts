const collator = new Intl.Collator("en", { numeric: true });

/** Ids in the order of a reader: `.4` before `.10`. */
export function compareIds(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : 1);
}
