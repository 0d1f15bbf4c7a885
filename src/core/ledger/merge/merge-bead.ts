import { createHash } from "node:crypto";
import { formatTime } from "../../clock.ts";
import { builtInStatuses } from "../statuses.ts";
import {
  type BeadRecord,
  type CommentRecord,
  compactionKeys,
  type EdgeRecord,
  formatRecord,
} from "../jsonl/bead-record.ts";
import { canonical, compareBytes } from "../jsonl/parse-line.ts";
import { asUuid } from "../uuid.ts";
import { mergeLines } from "./merge-lines.ts";

/** A field that both sides changed in different ways, and what became of it. */
export interface FieldConflict {
  readonly field: string;
  readonly base: unknown;
  readonly ours: unknown;
  readonly theirs: unknown;
  readonly chosen: unknown;
}

export interface MergedBead {
  readonly record: BeadRecord;
  readonly conflicts: readonly FieldConflict[];
}

const identityKeys = ["id", "created_at", "created_by"];
const statusKeys = ["status", "closed_at", "close_reason", "outcome", "closed_by_session", "started_at"];
const textKeys = ["description", "design", "acceptance_criteria"];
const setKeys = ["labels", "waiters"];
const handledKeys: ReadonlySet<string> = new Set([
  ...identityKeys,
  ...statusKeys,
  ...textKeys,
  ...setKeys,
  ...compactionKeys,
  "notes",
  "defer_until",
  "dependencies",
  "comments",
  "metadata",
  "updated_at",
  "updated_by",
]);

/** The record that is newer of two; a property of the records, never of their sides (spec/01 §9.4). */
export function isNewer(a: BeadRecord, b: BeadRecord): boolean {
  const difference = Date.parse(a.updated_at) - Date.parse(b.updated_at);
  return difference === 0 ? compareBytes(formatRecord(a), formatRecord(b)) > 0 : difference > 0;
}

/** Merges two versions of one bead field by field; without `base` everything counts as changed (spec/01 §9.4). */
export function mergeBead(base: BeadRecord | undefined, ours: BeadRecord, theirs: BeadRecord): MergedBead {
  return new BeadMerge(base, ours, theirs).run();
}

class BeadMerge {
  private readonly base: BeadRecord | undefined;
  private readonly ours: BeadRecord;
  private readonly theirs: BeadRecord;
  private readonly newer: BeadRecord;
  private readonly older: BeadRecord;
  private readonly merged = new Map<string, unknown>();
  private readonly conflicts: FieldConflict[] = [];
  private readonly lostTexts: { readonly field: string; readonly text: string }[] = [];

  constructor(base: BeadRecord | undefined, ours: BeadRecord, theirs: BeadRecord) {
    this.base = base;
    this.ours = ours;
    this.theirs = theirs;
    const oursIsNewer = isNewer(ours, theirs);
    this.newer = oursIsNewer ? ours : theirs;
    this.older = oursIsNewer ? theirs : ours;
  }

  run(): MergedBead {
    const first = isFirst(this.older, this.newer) ? this.older : this.newer;
    for (const key of identityKeys) this.merged.set(key, first[key]);
    this.mergeStatus();
    for (const key of textKeys) this.mergeText(key);
    this.mergeNotes();
    for (const key of setKeys) this.mergeSet(key);
    this.mergeEdges();
    this.mergeComments();
    this.mergeGroup("compaction", compactionKeys, () =>
      Number(this.older["compaction_level"] ?? 0) > Number(this.newer["compaction_level"] ?? 0)
        ? this.older
        : this.newer,
    );
    this.mergeMetadata();
    // Keys of the newer record first, so that the order does not depend on the side either.
    for (const key of new Set([...Object.keys(this.newer), ...Object.keys(this.older)]))
      if (!handledKeys.has(key)) this.merged.set(key, this.scalar(key));
    this.merged.set("updated_by", this.newer["updated_by"]);
    return { record: this.finish(), conflicts: this.conflicts };
  }

  /** The newer record's time, and a millisecond more when the content is not the newer record's. */
  private finish(): BeadRecord {
    this.merged.set("updated_at", this.newer.updated_at);
    const record = this.canonicalRecord();
    if (this.lostTexts.length === 0 && same(record, this.newer)) return record;
    const at = formatTime(Date.parse(this.newer.updated_at) + 1);
    this.merged.set("updated_at", at);
    this.addLostTexts(at);
    return this.canonicalRecord();
  }

  private canonicalRecord(): BeadRecord {
    return canonical(Object.fromEntries(this.merged));
  }

  private changed(side: BeadRecord, keys: readonly string[]): boolean {
    const { base } = this;
    return base === undefined || keys.some((key) => !same(side[key], base[key]));
  }

  /** Chooses one record for several keys as a unit. */
  private mergeGroup(name: string, keys: readonly string[], choose: () => BeadRecord): BeadRecord {
    const oursChanged = this.changed(this.ours, keys);
    const theirsChanged = this.changed(this.theirs, keys);
    const isEqual = keys.every((key) => same(this.ours[key], this.theirs[key]));
    let winner = oursChanged ? this.ours : this.theirs;
    if (oursChanged && theirsChanged && !isEqual) {
      winner = choose();
      this.note(
        name,
        pick(this.base, keys),
        pick(this.ours, keys),
        pick(this.theirs, keys),
        pick(winner, keys),
      );
    }
    for (const key of keys) this.merged.set(key, winner[key]);
    return winner;
  }

  private mergeStatus(): void {
    const { base, newer, older } = this;
    let isConflict = false;
    const winner = this.mergeGroup("status", statusKeys, () => {
      isConflict = true;
      if (base?.status === "closed") return newer;
      const difference = rank(older.status) - rank(newer.status);
      return difference > 0 ? older : newer;
    });
    if (!isConflict) {
      this.merged.set("defer_until", this.scalar("defer_until"));
      return;
    }
    this.merged.set("defer_until", winner.status === "deferred" ? winner["defer_until"] : undefined);
    const bothClosed = newer.status === "closed" && older.status === "closed";
    if (bothClosed && winner.status === "closed")
      this.merged.set(
        "closed_at",
        [String(newer["closed_at"]), String(older["closed_at"])].sort(compareTimes)[0],
      );
  }

  private scalar(key: string): unknown {
    return this.choose(key, this.base?.[key], this.ours[key], this.theirs[key], this.newer[key]);
  }

  /** The rule for a single value: who changed it has it, and of two the newer record. */
  private choose(field: string, base: unknown, ours: unknown, theirs: unknown, newer: unknown): unknown {
    if (same(ours, theirs)) return ours;
    if (this.base !== undefined && same(ours, base)) return theirs;
    if (this.base !== undefined && same(theirs, base)) return ours;
    this.note(field, base, ours, theirs, newer);
    return newer;
  }

  private mergeText(key: string): void {
    const base = textOf(this.base, key);
    const ours = textOf(this.ours, key);
    const theirs = textOf(this.theirs, key);
    if (ours === theirs || (this.base !== undefined && (ours === base || theirs === base))) {
      this.merged.set(key, this.base !== undefined && ours === base ? theirs : ours);
      return;
    }
    // Without a base there are no lines that one side can be said to have kept.
    const lines = this.base === undefined ? undefined : mergeLines(base, ours, theirs);
    const chosen = lines ?? textOf(this.newer, key);
    const lost = textOf(this.older, key);
    if (lines === undefined && lost !== "" && !chosen.includes(lost))
      this.lostTexts.push({ field: key, text: lost });
    this.note(key, base, ours, theirs, chosen);
    this.merged.set(key, chosen);
  }

  private mergeNotes(): void {
    const base = textOf(this.base, "notes");
    const newer = textOf(this.newer, "notes");
    const older = textOf(this.older, "notes");
    const isExtended =
      this.base !== undefined && newer !== older && newer.startsWith(base) && older.startsWith(base);
    if (!isExtended || newer === base || older === base) {
      this.mergeText("notes");
      return;
    }
    const added = newer.slice(base.length);
    const both = older + (older.endsWith("\n") || added.startsWith("\n") || older === "" ? "" : "\n") + added;
    this.note("notes", base, this.ours["notes"], this.theirs["notes"], both);
    this.merged.set("notes", both);
  }

  private mergeSet(key: string): void {
    const sets = [this.base, this.ours, this.theirs].map(
      (record) => (record?.[key] ?? []) as readonly string[],
    );
    const [base = [], ours = [], theirs = []] = sets;
    const kept = [...new Set([...ours, ...theirs])].filter(
      (item) => !base.includes(item) || (ours.includes(item) && theirs.includes(item)),
    );
    this.merged.set(key, kept.sort(compareBytes));
  }

  private mergeEdges(): void {
    const base = edgesOf(this.base);
    const ours = edgesOf(this.ours);
    const theirs = edgesOf(this.theirs);
    const newer = edgesOf(this.newer);
    const merged: EdgeRecord[] = [];
    for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
      const a = ours.get(key);
      const b = theirs.get(key);
      if (base.has(key) && (a === undefined || b === undefined)) continue;
      const edge =
        a === undefined || b === undefined
          ? (a ?? b)
          : this.choose("dependencies", base.get(key), a, b, newer.get(key));
      merged.push({ ...(edge as EdgeRecord), issue_id: String(this.merged.get("id")) });
    }
    merged.sort((a, b) => compareBytes(a.depends_on_id, b.depends_on_id) || compareBytes(a.type, b.type));
    this.merged.set("dependencies", merged);
  }

  private mergeComments(): void {
    const base = new Set((this.base?.comments ?? []).map(({ id }) => id));
    const inOlder = new Set((this.older.comments ?? []).map(({ id }) => id));
    const inNewer = new Set((this.newer.comments ?? []).map(({ id }) => id));
    const merged = new Map<string, CommentRecord>();
    const contents = new Set<string>();
    for (const comment of [...(this.newer.comments ?? []), ...(this.older.comments ?? [])].sort(
      byCommentId,
    )) {
      const wasRemoved = base.has(comment.id) && !(inOlder.has(comment.id) && inNewer.has(comment.id));
      const content = `${comment.author}\n${comment.created_at}\n${comment.text}`;
      if (wasRemoved || merged.has(comment.id) || contents.has(content)) continue;
      contents.add(content);
      merged.set(comment.id, { ...comment, issue_id: String(this.merged.get("id")) });
    }
    this.merged.set("comments", sortComments([...merged.values()]));
  }

  /** A text that lost stays readable: as a comment whose id every clone computes alike. */
  private addLostTexts(at: string): void {
    const id = String(this.merged.get("id"));
    const comments = [...((this.merged.get("comments") ?? []) as readonly CommentRecord[])];
    for (const { field, text } of this.lostTexts) {
      const commentId = asUuid(createHash("sha256").update([id, field, text].join("\n")).digest());
      if (comments.some((comment) => comment.id === commentId)) continue;
      comments.push({
        id: commentId,
        issue_id: id,
        author: "bd-merge",
        text: `merge: losing ${field}\n${text}`,
        created_at: at,
      });
    }
    this.merged.set("comments", sortComments(comments));
  }

  private mergeMetadata(): void {
    const merged = this.mergeValue(
      "metadata",
      this.base?.["metadata"],
      this.ours["metadata"],
      this.theirs["metadata"],
      this.newer["metadata"],
    );
    this.merged.set("metadata", merged);
  }

  private mergeValue(path: string, base: unknown, ours: unknown, theirs: unknown, newer: unknown): unknown {
    if (!isObject(ours) || !isObject(theirs)) return this.choose(path, base, ours, theirs, newer);
    const baseObject = isObject(base) ? base : {};
    const entries: [string, unknown][] = [];
    const older = newer === ours ? theirs : ours;
    for (const key of new Set([...Object.keys(isObject(newer) ? newer : {}), ...Object.keys(older)])) {
      const value = this.mergeValue(
        `${path}.${key}`,
        baseObject[key],
        ours[key],
        theirs[key],
        isObject(newer) ? newer[key] : undefined,
      );
      if (value !== undefined) entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }

  private note(field: string, base: unknown, ours: unknown, theirs: unknown, chosen: unknown): void {
    this.conflicts.push({
      field,
      base: base ?? null,
      ours: ours ?? null,
      theirs: theirs ?? null,
      chosen: chosen ?? null,
    });
  }
}

function isFirst(a: BeadRecord, b: BeadRecord): boolean {
  const difference = Date.parse(a.created_at) - Date.parse(b.created_at);
  if (difference !== 0) return difference < 0;
  return compareBytes(String(a["created_by"] ?? ""), String(b["created_by"] ?? "")) < 0;
}

/** How far a status is from untouched: work that went further wins. */
function rank(status: string): number {
  const order = ["open", "pinned", "deferred", "", "blocked", "hooked", "in_progress", "closed"];
  const at = order.indexOf(status);
  // A clone may not know the categories of another's custom statuses, so all of them rank alike, above deferred.
  return at < 0 || !builtInStatuses.has(status) ? order.indexOf("") : at;
}

function compareTimes(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}

function textOf(record: BeadRecord | undefined, key: string): string {
  const value = record?.[key];
  return typeof value === "string" ? value : "";
}

function edgesOf(record: BeadRecord | undefined): ReadonlyMap<string, EdgeRecord> {
  return new Map((record?.dependencies ?? []).map((edge) => [`${edge.depends_on_id}\n${edge.type}`, edge]));
}

function byCommentId(a: CommentRecord, b: CommentRecord): number {
  return compareBytes(a.id, b.id);
}

function sortComments(comments: readonly CommentRecord[]): readonly CommentRecord[] {
  return [...comments].sort((a, b) => compareBytes(a.created_at, b.created_at) || compareBytes(a.id, b.id));
}

function pick(record: BeadRecord | undefined, keys: readonly string[]): Record<string, unknown> | null {
  if (record === undefined) return null;
  return Object.fromEntries(keys.filter((key) => record[key] !== undefined).map((key) => [key, record[key]]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
