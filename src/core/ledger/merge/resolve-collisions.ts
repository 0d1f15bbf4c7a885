import type { BeadRecord, EdgeRecord } from "../jsonl/bead-record.ts";
import { canonical, compareBytes } from "../jsonl/parse-line.ts";
import type { RecordSet } from "../jsonl/record-set.ts";
import { guessPrefix, idHash, longestHash } from "../new-id.ts";
import { renameInText, renameInValue } from "./rename-mentions.ts";

export interface Rename {
  readonly from: string;
  readonly to: string;
}

interface Sides {
  readonly base: RecordSet | undefined;
  readonly ours: RecordSet;
  readonly theirs: RecordSet;
}

interface Resolved {
  readonly ours: RecordSet;
  readonly theirs: RecordSet;
  readonly renames: readonly Rename[];
}

/** Different beads that two clones made under one id: one of them moves, the same one in every clone (spec/01 §3.6). */
export function resolveCollisions({ base, ours, theirs }: Sides): Resolved {
  const oursMoves = new Map<string, string>();
  const theirsMoves = new Map<string, string>();
  for (const [id, a] of ours.beads) {
    const b = theirs.beads.get(id);
    if (b === undefined || base?.beads.has(id) === true || isSameBead(a, b)) continue;
    const loser = keepsId(a, b) ? b : a;
    const moves = loser === a ? oursMoves : theirsMoves;
    moves.set(id, newIdOf(loser));
  }
  return {
    ours: renameIn(ours, oursMoves),
    theirs: renameIn(theirs, theirsMoves),
    renames: [...oursMoves, ...theirsMoves].map(([from, to]) => ({ from, to })),
  };
}

function isSameBead(a: BeadRecord, b: BeadRecord): boolean {
  const second = (record: BeadRecord) => Math.floor(Date.parse(record.created_at) / 1000);
  return second(a) === second(b) && (a["created_by"] ?? "") === (b["created_by"] ?? "");
}

/** Whether `a` comes first: by time, then creator, then title. */
function keepsId(a: BeadRecord, b: BeadRecord): boolean {
  const byTime = Date.parse(a.created_at) - Date.parse(b.created_at);
  if (byTime !== 0) return byTime < 0;
  const byCreator = compareBytes(String(a["created_by"] ?? ""), String(b["created_by"] ?? ""));
  return byCreator !== 0 ? byCreator < 0 : compareBytes(a.title, b.title) <= 0;
}

function newIdOf(record: BeadRecord): string {
  const prefix = guessPrefix(record.id);
  const rest = record.id.slice(prefix.length + 1);
  const hash = idHash(
    {
      title: record.title,
      description: String(record["description"] ?? ""),
      creator: String(record["created_by"] ?? ""),
      createdAt: Date.parse(record.created_at),
      nonce: 0,
    },
    Math.min(Math.max(rest.length + 1, 3), longestHash),
  );
  return `${prefix}-${hash}`;
}

/** Moves ids, their children, and every edge, mention and metadata text that names them. */
function renameIn(set: RecordSet, moves: ReadonlyMap<string, string>): RecordSet {
  if (moves.size === 0) return set;
  const beads = new Map<string, BeadRecord>();
  for (const record of set.beads.values()) {
    const renamed = renameRecord(record, moves);
    beads.set(renamed.id, renamed);
  }
  return { ...set, beads };
}

const textKeys = ["title", "description", "design", "acceptance_criteria", "notes", "close_reason"];

function renameRecord(record: BeadRecord, moves: ReadonlyMap<string, string>): BeadRecord {
  const id = movedId(record.id, moves);
  const changes: Record<string, unknown> = { ...record, id };
  for (const key of textKeys) {
    const text = record[key];
    if (typeof text === "string") changes[key] = renameInText(text, moves);
  }
  if (record["metadata"] !== undefined) changes["metadata"] = renameInValue(record["metadata"], moves);
  if (record.dependencies !== undefined)
    changes["dependencies"] = record.dependencies
      .map(
        (edge): EdgeRecord => ({ ...edge, issue_id: id, depends_on_id: movedId(edge.depends_on_id, moves) }),
      )
      .sort((a, b) => compareBytes(a.depends_on_id, b.depends_on_id) || compareBytes(a.type, b.type));
  if (record.comments !== undefined)
    changes["comments"] = record.comments.map((comment) => ({
      ...comment,
      issue_id: id,
      text: renameInText(comment.text, moves),
    }));
  return canonical(changes);
}

/** A child's id follows its parent's. */
function movedId(id: string, moves: ReadonlyMap<string, string>): string {
  for (let end = id.length; end > 0; end = id.lastIndexOf(".", end - 1)) {
    const moved = moves.get(id.slice(0, end));
    if (moved !== undefined) return moved + id.slice(end);
  }
  return id;
}
