/** Lines of each file of a backup, by its path. */
export type LineCounts = Readonly<Record<string, number>>;

export interface Spike {
  readonly file: string;
  readonly before: number;
  readonly after: number;
}

const ratio = 0.5;
const leastLines = 20;

/** Files that have grown or shrunk so much at once that a mistake is likelier than work (spec/04 §10.4). Pure. */
export function spikesBetween(before: LineCounts, after: LineCounts): readonly Spike[] {
  return Object.entries(before).flatMap(([file, lines]): readonly Spike[] => {
    const now = after[file] ?? 0;
    const changed = Math.abs(now - lines);
    return changed > leastLines && changed > lines * ratio ? [{ file, before: lines, after: now }] : [];
  });
}

/** Whether the next look has found the same again, which is then believed. `withheld` are the counts of the last look. Pure. */
export function isConfirmed(spikes: readonly Spike[], withheld: LineCounts | undefined): boolean {
  if (withheld === undefined) return false;
  const seen = Object.fromEntries(spikes.map(({ file }) => [file, withheld[file] ?? 0]));
  const now = Object.fromEntries(spikes.map(({ file, after }) => [file, after]));
  return spikesBetween(seen, now).length === 0;
}
