import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { canonicalType } from "../../../core/ledger/bead-types.ts";
import type { BeadFields } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { parsePriority } from "./priority.ts";
import { parseTime } from "./time-expression.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the content flags of a command line set; fields that no flag names are absent. */
export async function contentFields(context: CommandContext, now: number): Promise<BeadFields> {
  const { flags, cwd } = context;
  const fields: Writable<BeadFields> = {};
  const text = (flag: string): string | undefined => (flags.has(flag) ? flags.string(flag) : undefined);
  const set = <K extends keyof BeadFields>(name: K, value: BeadFields[K] | undefined) => {
    if (value !== undefined) fields[name] = value;
  };
  set("title", text("title"));
  const type = text("type");
  if (type?.trim().toLowerCase() === "wisp") {
    fields.type = "task";
    fields.ephemeral = true;
  } else if (type !== undefined) fields.type = canonicalType(type);
  const priority = text("priority");
  if (priority !== undefined) fields.priority = parsePriority(priority);
  set("assignee", text("assignee"));
  set("description", await description(context));
  set("design", flags.has("design-file") ? readText(cwd, flags.string("design-file") ?? "") : text("design"));
  set("acceptanceCriteria", text("acceptance"));
  set("notes", text("notes"));
  set("specId", text("spec-id"));
  const reference = text("external-ref");
  if (reference !== undefined) fields.externalRef = reference === "" ? null : reference;
  const estimate = text("estimate");
  if (estimate !== undefined) fields.estimatedMinutes = parseEstimate(estimate);
  const metadata = text("metadata");
  if (metadata !== undefined) fields.metadata = parseMetadata(metadata, cwd);
  const due = text("due");
  if (due !== undefined) fields.dueAt = due === "" ? null : parseTime(due, now);
  const defer = text("defer");
  if (defer !== undefined) fields.deferUntil = defer === "" ? null : parseTime(defer, now);
  if (flags.has("ephemeral")) fields.ephemeral = flags.boolean("ephemeral");
  if (flags.has("no-history")) fields.noHistory = flags.boolean("no-history");
  if (fields.ephemeral && fields.noHistory)
    throw invalid("--ephemeral and --no-history are mutually exclusive");
  set("wispType", text("wisp-type"));
  set("molType", text("mol-type"));
  set("awaitType", text("await-type"));
  set("awaitId", text("await-id"));
  const timeout = flags.duration("timeout");
  if (timeout !== undefined) fields.timeoutNs = timeout * 1_000_000;
  return fields;
}

export function invalid(message: string, options: { readonly hint?: string } = {}): GtError {
  return new GtError("E_INVALID", message, { exitCode: 2, ...options });
}

async function description(context: CommandContext): Promise<string | undefined> {
  const { flags, cwd } = context;
  const sources = ["description", "body-file", "stdin"].filter((name) =>
    name === "stdin" ? flags.boolean(name) : flags.has(name),
  );
  if (sources.length > 1) {
    throw usageError(`only one of ${sources.map((name) => `--${name}`).join(", ")} can give the description`);
  }
  if (sources[0] === undefined) return undefined;
  if (sources[0] === "body-file") {
    const file = flags.string("body-file") ?? "";
    return file === "-" ? context.input() : readText(cwd, file);
  }
  const given = flags.string("description") ?? "";
  return sources[0] === "stdin" || given === "-" ? context.input() : given;
}

/** A text file that the caller named. */
export function readText(cwd: string, file: string): string {
  try {
    return readFileSync(resolve(cwd, file), "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    const why = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "it is a directory" : String(code);
    throw usageError(`cannot read ${sanitiseLine(file)}: ${why}`);
  }
}

function parseEstimate(text: string): number | null {
  if (text.trim() === "") return null;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text);
  throw invalid("estimate must be a non-negative number of minutes");
}

/** A JSON object, in place or in a file named with `@`. */
export function parseMetadata(text: string, cwd: string): Readonly<Record<string, unknown>> {
  const json = text.startsWith("@") ? readText(cwd, text.slice(1)) : text;
  const value = parseJson(json);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("metadata is not a valid JSON object");
  for (const key of Object.keys(value)) checkMetadataKey(key);
  return value as Readonly<Record<string, unknown>>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // said by the caller
  }
}

/** Keys that begin with `_` or `bd:` are the tool's own (spec/01 §2.1). */
export function checkMetadataKey(key: string): void {
  if (/^(?:_|bd:)/.test(key)) throw invalid(`invalid metadata key "${sanitiseLine(key)}"`);
}

/** `key=value` as `--set-metadata` takes it: numbers, booleans and null are typed. */
export function parseAssignment(text: string): readonly [string, unknown] {
  const equals = text.indexOf("=");
  if (equals <= 0) throw usageError(`"${sanitiseLine(text)}" is not key=value`);
  const value = text.slice(equals + 1);
  const isTyped = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(value);
  return [text.slice(0, equals), isTyped ? JSON.parse(value) : value];
}
