import { createHash } from "node:crypto";
import { formatTime } from "../../clock.ts";
import { type BeadField, fieldsBeforeLabels } from "../bead-fields.ts";
import { typeOfLabel } from "../bead-types.ts";
import { outcomeOfReason } from "../outcome.ts";
import { asUuid } from "../uuid.ts";
import {
  agentKeys,
  type BeadRecord,
  bondKey,
  type CommentRecord,
  compactionKeys,
  type EdgeRecord,
  fieldsAfterBond,
  fieldsBeforeBond,
  ignoredKeys,
  knownKeys,
  type MemoryRecord,
  type TombstoneRecord,
} from "./bead-record.ts";
import { numberOf, parseExact } from "./exact-json.ts";
import { absorbLegacyText } from "./legacy-text.ts";

export type ParsedLine =
  | { readonly kind: "bead"; readonly bead: ParsedBead }
  | { readonly kind: "tombstone"; readonly tombstone: TombstoneRecord }
  | { readonly kind: "memory"; readonly memory: MemoryRecord }
  | { readonly kind: "header" };

/** A record that may lack what the reader has to supply: an id, times. */
export interface ParsedBead {
  readonly id: string | undefined;
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  /** The canonical record once its missing parts are known. */
  complete(supplied: { readonly id: string; readonly now: number }): BeadRecord;
}

/** Says what is wrong with a line; nothing of it was used. */
export class InvalidLine extends Error {}

/** Longest line that is read, in UTF-16 units. */
export const maxLine = 64 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

/** Reads one line of the interchange format (spec/01 §2.5, §9.2); throws `InvalidLine`. */
export function parseLine(line: string): ParsedLine {
  if (line.length > maxLine) throw new InvalidLine("line is longer than 64 MiB");
  let json: unknown;
  try {
    json = parseExact(line);
  } catch {
    throw new InvalidLine("not valid JSON");
  }
  if (!isObject(json)) throw new InvalidLine("not a JSON object");
  if (Object.hasOwn(json, "_schema")) return { kind: "header" };
  const type = json["_type"] ?? "issue";
  if (type === "memory")
    return { kind: "memory", memory: { key: text(json, "key"), value: text(json, "value") } };
  if (type === "tombstone" || json["status"] === "tombstone")
    return { kind: "tombstone", tombstone: tombstoneOf(json) };
  if (type !== "issue") throw new InvalidLine(`unknown record type ${JSON.stringify(type)}`);
  return { kind: "bead", bead: parseBead(json) };
}

function tombstoneOf(json: Json): TombstoneRecord {
  const deletedAt = time(json, "deleted_at") ?? time(json, "updated_at");
  if (deletedAt === undefined) throw new InvalidLine("tombstone without deleted_at");
  return {
    id: text(json, "id"),
    title: optionalText(json, "title"),
    deleted_at: deletedAt,
    deleted_by: optionalText(json, "deleted_by"),
    delete_reason: optionalText(json, "delete_reason"),
    original_type: optionalText(json, "original_type"),
  };
}

function parseBead(given: Json): ParsedBead {
  const json = absorbLegacyText(withLegacyKeys(given));
  const id = optionalText(json, "id") || undefined;
  const createdAt = time(json, "created_at");
  const updatedAt = time(json, "updated_at");
  const fields = beadKeys(json);
  return {
    id,
    createdAt,
    updatedAt,
    complete({ id: suppliedId, now }) {
      const created = createdAt ?? updatedAt ?? formatTime(now);
      const record = Object.fromEntries([
        ...fields,
        ["id", suppliedId],
        ["created_at", created],
        ["updated_at", updatedAt ?? formatTime(now)],
        ["dependencies", edgesOf(json, suppliedId, created)],
        ["comments", commentsOf(json, suppliedId, created)],
      ]);
      return canonical(record);
    },
  };
}

/** The same record with its keys in canonical order, nothing empty and the invariants of a closed bead. */
export function canonical(record: Json): BeadRecord {
  const type = String(record["issue_type"]);
  const entries: [string, unknown][] = [];
  const put = (key: string, value: unknown): void => {
    if (!isEmpty(value)) entries.push([key, value]);
  };
  const isClosed = record["status"] === "closed";
  const repaired: Record<string, unknown> = { ...record };
  if (isClosed) {
    repaired["closed_at"] ??= oneSecondAfter(record);
    repaired["outcome"] ||= outcomeOfReason(String(record["close_reason"] ?? ""));
  } else {
    for (const key of ["closed_at", "close_reason", "outcome", "closed_by_session"]) delete repaired[key];
  }
  const putFields = (fields: readonly BeadField[]): void => {
    for (const field of fields) {
      if (field.always === true) entries.push([field.json, repaired[field.json]]);
      else put(field.json, repaired[field.json]);
    }
  };
  putFields(fieldsBeforeLabels);
  for (const key of compactionKeys) put(key, repaired[key]);
  for (const key of ["labels", "dependencies", "comments"]) put(key, repaired[key]);
  putFields(fieldsBeforeBond);
  put(bondKey, repaired[bondKey]);
  putFields(fieldsAfterBond);
  if (type === "agent") for (const key of agentKeys) put(key, repaired[key]);
  const known = knownKeys(type);
  for (const [key, value] of Object.entries(repaired))
    if (!known.has(key) && value !== undefined) entries.push([key, value]);
  // A key may be called __proto__, so the object is made from entries.
  return Object.fromEntries(entries) as BeadRecord;
}

function oneSecondAfter(record: Json): string {
  const latest = Math.max(Date.parse(String(record["created_at"])), Date.parse(String(record["updated_at"])));
  return formatTime(latest + 1000);
}

/** Names of older versions of the format. */
function withLegacyKeys(json: Json): Json {
  const labels = Array.isArray(json["labels"]) ? json["labels"] : [];
  const typeFromLabel =
    (json["issue_type"] ?? "task") === "task"
      ? labels.map((label) => typeOfLabel(String(label))).find((type) => type !== undefined)
      : undefined;
  if (!Object.hasOwn(json, "wisp") && typeFromLabel === undefined) return json;
  const { wisp, ...rest } = json;
  return {
    ...rest,
    ...(wisp === true ? { ephemeral: true } : {}),
    ...(typeFromLabel === undefined ? {} : { issue_type: typeFromLabel }),
  };
}

/** Every key but id, times of the record itself, edges and comments, checked. */
function beadKeys(json: Json): readonly (readonly [string, unknown])[] {
  const title = text(json, "title").trim();
  if (title === "") throw new InvalidLine("title is required");
  if ([...title].length > 500)
    throw new InvalidLine(`title too long: ${[...title].length} characters (maximum 500)`);
  const type = optionalText(json, "issue_type") || "task";
  const entries: [string, unknown][] = [];
  for (const field of [...fieldsBeforeLabels, ...fieldsBeforeBond, ...fieldsAfterBond])
    entries.push([field.json, fieldValue(json, field)]);
  const checked = new Map(entries);
  checked.set("title", title);
  checked.set("issue_type", type);
  checked.set("status", optionalText(json, "status") || "open");
  const priority = checked.get("priority") ?? 2;
  if (!(Number.isInteger(priority) && Number(priority) >= 0 && Number(priority) <= 4))
    throw new InvalidLine(`invalid priority "${String(priority)}" (use 0-4 or P0-P4)`);
  checked.set("priority", priority);
  if (!/^[a-z][a-z0-9_-]*$/.test(String(checked.get("status"))))
    throw new InvalidLine(`invalid status "${String(checked.get("status"))}"`);
  if (checked.get("ephemeral") === true && checked.get("no_history") === true)
    checked.set("no_history", false);
  for (const key of compactionKeys) if (!isEmpty(json[key])) checked.set(key, json[key]);
  checked.set("labels", labelsOf(json));
  checked.set(bondKey, bondsOf(json));
  const known = knownKeys(type);
  if (type === "agent") for (const key of agentKeys) if (!isEmpty(json[key])) checked.set(key, json[key]);
  for (const [key, value] of Object.entries(json))
    if (!known.has(key) && !ignoredKeys.has(key)) checked.set(key, value);
  return [...checked];
}

function fieldValue(json: Json, field: BeadField): unknown {
  const value = json[field.json];
  if (value === undefined || value === null) return undefined;
  switch (field.kind) {
    case "text":
    case "optionalText":
      return optionalText(json, field.json);
    case "flag":
      if (typeof value !== "boolean") throw wrongType(field.json, "true or false");
      return value;
    case "time":
    case "optionalTime":
      return time(json, field.json);
    case "integer":
    case "optionalInteger": {
      const number = numberOf(value);
      if (number === undefined || !Number.isSafeInteger(number)) throw wrongType(field.json, "an integer");
      return number;
    }
    case "object":
      if (!isObject(value)) throw new InvalidLine("metadata is not a valid JSON object");
      return value;
    case "list":
      return texts(json, field.json);
  }
}

function labelsOf(json: Json): readonly string[] {
  const labels = texts(json, "labels").map((label) => label.trim());
  for (const label of labels)
    if (label === "" || /[\n\r\0]/.test(label))
      throw new InvalidLine(`invalid label ${JSON.stringify(label)}`);
  return [...new Set(labels)].sort(compareBytes);
}

function edgesOf(json: Json, id: string, createdAt: string): readonly EdgeRecord[] {
  const edges = objects(json, "dependencies").map((edge): EdgeRecord => {
    const { issue_id: _issue, depends_on_id: _target, type: _type, created_at: _at, ...rest } = edge;
    const { created_by, metadata, thread_id, ...unknown } = rest;
    return {
      issue_id: id,
      depends_on_id: text(edge, "depends_on_id"),
      type: (optionalText(edge, "type") || "blocks").replaceAll("_", "-"),
      created_at: time(edge, "created_at") ?? createdAt,
      ...(isEmpty(created_by) ? {} : { created_by: optionalText(edge, "created_by") }),
      ...(isEmpty(metadata) || metadata === "{}" ? {} : { metadata: edgeMetadata(metadata) }),
      ...(isEmpty(thread_id) ? {} : { thread_id: optionalText(edge, "thread_id") }),
      ...unknown,
    };
  });
  const byKey = new Map(edges.map((edge) => [`${edge.depends_on_id}\n${edge.type}`, edge]));
  return [...byKey.values()].sort(
    (a, b) => compareBytes(a.depends_on_id, b.depends_on_id) || compareBytes(a.type, b.type),
  );
}

function edgeMetadata(metadata: unknown): string {
  return typeof metadata === "string" ? metadata : JSON.stringify(metadata);
}

function commentsOf(json: Json, id: string, createdAt: string): readonly CommentRecord[] {
  const comments = objects(json, "comments").map((comment): CommentRecord => {
    const {
      id: givenId,
      issue_id: _issue,
      author: _author,
      text: _text,
      created_at: _at,
      ...unknown
    } = comment;
    const author = optionalText(comment, "author");
    const body = text(comment, "text");
    const at = time(comment, "created_at") ?? createdAt;
    const known = typeof givenId === "string" ? givenId : numberOf(givenId)?.toString();
    return {
      id: known || commentId(id, author, at, body),
      issue_id: id,
      author,
      text: body,
      created_at: at,
      ...unknown,
    };
  });
  return comments.sort((a, b) => compareBytes(a.created_at, b.created_at) || compareBytes(a.id, b.id));
}

/** A comment without an id gets one from its content, the same in every clone. */
function commentId(...parts: readonly string[]): string {
  return asUuid(createHash("sha256").update(parts.join("\n")).digest());
}

function bondsOf(json: Json): readonly Json[] {
  return objects(json, bondKey).map((bond) => {
    if (!Object.hasOwn(bond, "proto_id")) return bond;
    const { proto_id, ...rest } = bond;
    return { source_id: proto_id, ...rest };
  });
}

function objects(json: Json, key: string): readonly Json[] {
  const value = json[key] ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) throw wrongType(key, "a list of objects");
  return value;
}

function texts(json: Json, key: string): readonly string[] {
  const value = json[key] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
    throw wrongType(key, "a list of texts");
  return value;
}

function text(json: Json, key: string): string {
  const value = optionalText(json, key);
  if (value === "") throw new InvalidLine(`${key} is required`);
  return value;
}

const maxText = 4 * 1024 * 1024;

function optionalText(json: Json, key: string): string {
  const value = json[key] ?? "";
  if (typeof value !== "string") throw wrongType(key, "a text");
  if (value.length * 3 > maxText && Buffer.byteLength(value) > maxText)
    throw new InvalidLine(`${key} too large: ${Buffer.byteLength(value)} bytes (maximum ${maxText})`);
  return value;
}

/** Written by us: nothing to convert. */
const canonicalTime =
  /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(?!000)\d{3})?Z$/;
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)$/;

/** A time in its canonical form; the zero time of other programs means none. */
function time(json: Json, key: string): string | undefined {
  const value = json[key];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string" && canonicalTime.test(value)) return value;
  if (typeof value !== "string" || !rfc3339.test(value)) throw wrongType(key, "an RFC 3339 time");
  const ms = Date.parse(value.replace(" ", "T").toUpperCase());
  if (Number.isNaN(ms)) throw wrongType(key, "an RFC 3339 time");
  return value.startsWith("0001-01-01") ? undefined : formatTime(ms);
}

function wrongType(key: string, wanted: string): InvalidLine {
  return new InvalidLine(`${key} is not ${wanted}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0 && numberOf(value) === undefined;
}

/** Order of the UTF-8 bytes, which is the order of code points. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    // UTF-16 sorts surrogates below U+E000..U+FFFF; UTF-8 does not.
    const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;
    return isHigh(x) === isHigh(y) ? x - y : isHigh(x) ? 1 : -1;
  }
  return a.length - b.length;
}
