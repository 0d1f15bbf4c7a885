import { mergeBead } from "../merge/merge-bead.ts";
import { mergeRecords } from "../merge/merge-records.ts";
import type { BeadRecord, MemoryRecord, TombstoneRecord } from "./bead-record.ts";
import { InvalidLine, type ParsedBead, parseLine } from "./parse-line.ts";
import type { RecordSet } from "./record-set.ts";

export interface InvalidLineReport {
  /** Counted from 1. */
  readonly line: number;
  readonly why: string;
  readonly text: string;
}

export interface ParsedFile {
  readonly set: RecordSet;
  /** Beads that named no id; the reader gives them one. */
  readonly unnamed: readonly ParsedBead[];
  /** Ids of beads that named no time of their last change. */
  readonly undated: ReadonlySet<string>;
  readonly invalid: readonly InvalidLineReport[];
  readonly warnings: readonly string[];
  /** Conflict blocks that were merged. */
  readonly resolvedBlocks: number;
}

export interface ParseOptions {
  /** Stands in for missing times. */
  readonly now: number;
  /** The common ancestor for conflict blocks that do not carry it. */
  readonly base?: () => RecordSet;
  readonly isSettled?: (status: string) => boolean;
  /** Records by their line: versions of one file share most lines, and each is then read once. Filled and used. */
  readonly known?: Map<string, BeadRecord>;
}

/** Reads an interchange file, whatever happened to it (spec/01 §9.5). Nothing in it makes this throw. */
export function parseFile(text: string, options: ParseOptions): ParsedFile {
  const content = text.startsWith("\ufeff") ? text.slice(1) : text;
  if (/^(?:<{7}|={7}|>{7})(?:[ \r\n]|$)/m.test(content)) return parseConflictFile(content, options);
  return parseLines(content, options);
}

function parseLines(content: string, { now, known }: ParseOptions): ParsedFile {
  const beads = new Map<string, BeadRecord>();
  const tombstones = new Map<string, TombstoneRecord>();
  const memories = new Map<string, MemoryRecord>();
  const unnamed: ParsedBead[] = [];
  const undated = new Set<string>();
  const invalid: InvalidLineReport[] = [];
  const warnings: string[] = [];
  let number = 0;
  for (let start = 0; start < content.length; ) {
    const end = content.indexOf("\n", start);
    const isLast = end < 0;
    const line = content.slice(start, isLast ? content.length : end);
    start = isLast ? content.length : end + 1;
    number++;
    if (line.trim() === "") continue;
    const knownRecord = known?.get(line);
    if (knownRecord !== undefined && !beads.has(knownRecord.id)) {
      beads.set(knownRecord.id, knownRecord);
      continue;
    }
    try {
      const parsed = parseLine(line);
      if (parsed.kind === "tombstone") tombstones.set(parsed.tombstone.id, parsed.tombstone);
      else if (parsed.kind === "memory") memories.set(parsed.memory.key, parsed.memory);
      else if (parsed.kind === "bead") {
        const { id } = parsed.bead;
        if (id === undefined) {
          unnamed.push(parsed.bead);
          continue;
        }
        if (parsed.bead.updatedAt === undefined) undated.add(id);
        const record = parsed.bead.complete({ id, now });
        if (parsed.bead.updatedAt !== undefined) known?.set(line, record);
        const earlier = beads.get(id);
        if (earlier !== undefined) warnings.push(`line ${number}: ${id} occurs twice; both were merged`);
        beads.set(id, earlier === undefined ? record : mergeBead(undefined, earlier, record).record);
      }
    } catch (error) {
      if (!(error instanceof InvalidLine)) throw error;
      if (isLast && error.message === "not valid JSON")
        warnings.push(`line ${number}: dropped the beginning of a line that was never finished`);
      else invalid.push({ line: number, why: error.message, text: line });
    }
  }
  return { set: { beads, tombstones, memories }, unnamed, undated, invalid, warnings, resolvedBlocks: 0 };
}

/** Takes a file with git's conflict markers apart into its versions and merges them by bead. */
function parseConflictFile(content: string, options: ParseOptions): ParsedFile {
  const { ours, theirs, base, hasBase, blocks } = splitConflict(content);
  const parsedOurs = parseLines(ours, options);
  const parsedTheirs = parseLines(theirs, options);
  const ancestor = hasBase ? parseLines(base, options).set : options.base?.();
  const merged = mergeRecords(
    { base: ancestor, ours: parsedOurs.set, theirs: parsedTheirs.set },
    { isSettled: options.isSettled ?? ((status) => status === "closed" || status === "pinned") },
  );
  return {
    set: merged.set,
    unnamed: [...parsedOurs.unnamed, ...parsedTheirs.unnamed],
    undated: new Set([...parsedOurs.undated, ...parsedTheirs.undated]),
    invalid: [...parsedOurs.invalid, ...parsedTheirs.invalid.filter(isNotIn(parsedOurs.invalid))],
    warnings: [...new Set([...parsedOurs.warnings, ...parsedTheirs.warnings])],
    resolvedBlocks: blocks,
  };
}

function isNotIn(others: readonly InvalidLineReport[]): (report: InvalidLineReport) => boolean {
  const texts = new Set(others.map(({ text }) => text));
  return ({ text }) => !texts.has(text);
}

interface ConflictSides {
  readonly ours: string;
  readonly theirs: string;
  readonly base: string;
  readonly hasBase: boolean;
  readonly blocks: number;
}

function splitConflict(content: string): ConflictSides {
  const sides = { ours: [] as string[], theirs: [] as string[], base: [] as string[] };
  let at: keyof typeof sides | undefined;
  let blocks = 0;
  let hasBase = false;
  for (const line of content.split("\n")) {
    if (line.startsWith("<<<<<<<")) {
      at = "ours";
      blocks++;
    } else if (line.startsWith("|||||||")) {
      at = "base";
      hasBase = true;
    } else if (line.startsWith("=======")) at = "theirs";
    else if (line.startsWith(">>>>>>>")) at = undefined;
    else if (at !== undefined) sides[at].push(line);
    else for (const side of Object.values(sides)) side.push(line);
  }
  return {
    ours: sides.ours.join("\n"),
    theirs: sides.theirs.join("\n"),
    base: sides.base.join("\n"),
    hasBase,
    blocks,
  };
}
