import type { BeadRecord, MemoryRecord, TombstoneRecord } from "./bead-record.ts";
import { formatMemory, formatRecord, formatTombstone } from "./bead-record.ts";
import { compareBytes } from "./parse-line.ts";

/** The content of one interchange file. */
export interface RecordSet {
  readonly beads: ReadonlyMap<string, BeadRecord>;
  readonly tombstones: ReadonlyMap<string, TombstoneRecord>;
  readonly memories: ReadonlyMap<string, MemoryRecord>;
}

export const emptySet: RecordSet = { beads: new Map(), tombstones: new Map(), memories: new Map() };

/** The file of a set: one line each, sorted by id, memories at the end. */
export function formatSet(set: RecordSet): string {
  const lines: [string, string][] = [];
  for (const bead of set.beads.values()) lines.push([bead.id, formatRecord(bead)]);
  for (const tombstone of set.tombstones.values()) lines.push([tombstone.id, formatTombstone(tombstone)]);
  lines.sort((a, b) => compareBytes(a[0], b[0]));
  const memories = [...set.memories.values()].sort((a, b) => compareBytes(a.key, b.key)).map(formatMemory);
  return [...lines.map(([, line]) => line), ...memories].map((line) => `${line}\n`).join("");
}
