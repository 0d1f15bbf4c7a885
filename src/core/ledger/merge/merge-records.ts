import {
  type BeadRecord,
  formatRecord,
  type MemoryRecord,
  type TombstoneRecord,
} from "../jsonl/bead-record.ts";
import { canonical, compareBytes } from "../jsonl/parse-line.ts";
import type { RecordSet } from "../jsonl/record-set.ts";
import { breakCycles } from "./break-cycles.ts";
import { type FieldConflict, mergeBead } from "./merge-bead.ts";
import { type Rename, resolveCollisions } from "./resolve-collisions.ts";

export interface MergeInput {
  /** The common ancestor; without it nothing counts as deleted. */
  readonly base: RecordSet | undefined;
  readonly ours: RecordSet;
  readonly theirs: RecordSet;
}

export interface MergeOptions {
  readonly isSettled: (status: string) => boolean;
}

export interface MergedSet {
  readonly set: RecordSet;
  /** Decisions on fields that both sides changed, by bead. */
  readonly conflicts: ReadonlyMap<string, readonly FieldConflict[]>;
  /** Beads that had to give up their id to another one. */
  readonly renames: readonly Rename[];
}

/** Merges two versions of a file by bead and field; both clones get the same bytes (spec/01 §9.4). */
export function mergeRecords(input: MergeInput, options: MergeOptions): MergedSet {
  const { ours, theirs, renames } = resolveCollisions(input);
  const tombstones = mergeTombstones(ours.tombstones, theirs.tombstones);
  const beads = new Map<string, BeadRecord>();
  const conflicts = new Map<string, readonly FieldConflict[]>();
  for (const id of new Set([...ours.beads.keys(), ...theirs.beads.keys()])) {
    const merged = mergeOne(input.base?.beads.get(id), ours.beads.get(id), theirs.beads.get(id));
    if (merged === undefined) continue;
    const tombstone = tombstones.get(id);
    if (tombstone !== undefined) {
      // A deletion stands unless somebody worked on the bead afterwards.
      if (Date.parse(merged.record.updated_at) <= Date.parse(tombstone.deleted_at)) continue;
      tombstones.delete(id);
    }
    beads.set(id, merged.record);
    if (merged.conflicts.length > 0) conflicts.set(id, merged.conflicts);
  }
  for (const [id, record] of breakCycles(beads, options.isSettled)) beads.set(id, canonical(record));
  return { set: { beads, tombstones, memories: mergeMemories(input) }, conflicts, renames };
}

interface MergedOne {
  readonly record: BeadRecord;
  readonly conflicts: readonly FieldConflict[];
}

const noConflicts: readonly FieldConflict[] = [];

function mergeOne(
  base: BeadRecord | undefined,
  ours: BeadRecord | undefined,
  theirs: BeadRecord | undefined,
): MergedOne | undefined {
  if (ours === undefined || theirs === undefined) {
    const record = ours ?? theirs;
    // Gone on one side and untouched on the other: deleted.
    if (record === undefined || (base !== undefined && isUntouched(record, base))) return undefined;
    return { record, conflicts: noConflicts };
  }
  if (ours === theirs || formatRecord(ours) === formatRecord(theirs))
    return { record: ours, conflicts: noConflicts };
  return mergeBead(base, ours, theirs);
}

function isUntouched(record: BeadRecord, base: BeadRecord): boolean {
  const content = (bead: BeadRecord) => formatRecord({ ...bead, updated_at: "", updated_by: "" });
  return content(record) === content(base);
}

function mergeTombstones(
  ours: ReadonlyMap<string, TombstoneRecord>,
  theirs: ReadonlyMap<string, TombstoneRecord>,
): Map<string, TombstoneRecord> {
  const merged = new Map(ours);
  for (const [id, tombstone] of theirs) {
    const other = merged.get(id);
    if (other === undefined || isEarlier(tombstone, other)) merged.set(id, tombstone);
  }
  return merged;
}

function isEarlier(a: TombstoneRecord, b: TombstoneRecord): boolean {
  const difference = Date.parse(a.deleted_at) - Date.parse(b.deleted_at);
  return difference === 0 ? compareBytes(JSON.stringify(a), JSON.stringify(b)) < 0 : difference < 0;
}

/** Memories have no times: of two values the greater text is taken, so that all clones agree. */
function mergeMemories({ base, ours, theirs }: MergeInput): ReadonlyMap<string, MemoryRecord> {
  const merged = new Map<string, MemoryRecord>();
  for (const key of new Set([...ours.memories.keys(), ...theirs.memories.keys()])) {
    const before = base?.memories.get(key)?.value;
    const a = ours.memories.get(key)?.value;
    const b = theirs.memories.get(key)?.value;
    const value = a === before ? b : b === before || b === undefined || (a !== undefined && a > b) ? a : b;
    if (value !== undefined) merged.set(key, { key, value });
  }
  return merged;
}
