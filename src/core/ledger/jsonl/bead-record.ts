import { agentColumns } from "../store/bead-row.ts";
import { type BeadField, fieldsAfterLabels, fieldsBeforeLabels } from "../bead-fields.ts";

/** A bead as the interchange format has it (spec/01 §2.1, §2.5): keys in canonical order, empty values left out. */
export interface BeadRecord {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly priority: number;
  readonly issue_type: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly labels?: readonly string[];
  readonly dependencies?: readonly EdgeRecord[];
  readonly comments?: readonly CommentRecord[];
  readonly [key: string]: unknown;
}

export interface EdgeRecord {
  readonly issue_id: string;
  readonly depends_on_id: string;
  readonly type: string;
  readonly created_at: string;
  readonly [key: string]: unknown;
}

export interface CommentRecord {
  readonly id: string;
  readonly issue_id: string;
  readonly author: string;
  readonly text: string;
  readonly created_at: string;
  readonly [key: string]: unknown;
}

/** What other clones must know about a deleted bead (spec/01 §9.3). */
export interface TombstoneRecord {
  readonly id: string;
  readonly title: string;
  readonly deleted_at: string;
  readonly deleted_by: string;
  readonly delete_reason: string;
  readonly original_type: string;
}

export interface MemoryRecord {
  readonly key: string;
  readonly value: string;
}

/** Known keys that no column holds; they live in `extra` and are written at their place. */
export const compactionKeys = [
  "compaction_level",
  "compacted_at",
  "compacted_at_commit",
  "original_size",
] as const;
export const bondKey = "bonded_from";

/** Keys of an agent's row in the order of its columns, without the bead's id. */
export const agentKeys: readonly string[] = Object.values(agentColumns).filter((key) => key !== "id");

export const fieldsBeforeBond: readonly BeadField[] = fieldsAfterLabels.slice(
  0,
  fieldsAfterLabels.findIndex(({ json }) => json === "await_type"),
);
export const fieldsAfterBond: readonly BeadField[] = fieldsAfterLabels.slice(fieldsBeforeBond.length);

/** Keys that other programs write and that say nothing of their own. */
export const ignoredKeys: ReadonlySet<string> = new Set([
  "_type",
  "rev",
  "dependency_count",
  "dependent_count",
  "comment_count",
  "parent",
  "schema_version",
]);

const knownOfAll: ReadonlySet<string> = new Set([
  ...[...fieldsBeforeLabels, ...fieldsAfterLabels].map(({ json }) => json),
  ...compactionKeys,
  bondKey,
  "labels",
  "dependencies",
  "comments",
]);
const knownOfAgents: ReadonlySet<string> = new Set([...knownOfAll, ...agentKeys]);

/** Keys with a meaning for beads of this type; all others are kept as they are. */
export function knownKeys(type: string): ReadonlySet<string> {
  return type === "agent" ? knownOfAgents : knownOfAll;
}

/** The line of a bead, without its break. The record's keys are in canonical order already. */
export function formatRecord(record: BeadRecord): string {
  return JSON.stringify({ _type: "issue", ...record });
}

export function formatTombstone(tombstone: TombstoneRecord): string {
  return JSON.stringify({
    _type: "tombstone",
    id: tombstone.id,
    status: "tombstone",
    title: tombstone.title,
    deleted_at: tombstone.deleted_at,
    deleted_by: tombstone.deleted_by,
    delete_reason: tombstone.delete_reason,
    original_type: tombstone.original_type,
  });
}

export function formatMemory(memory: MemoryRecord): string {
  return JSON.stringify({ _type: "memory", key: memory.key, value: memory.value });
}
