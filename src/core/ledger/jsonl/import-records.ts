import { GtError } from "../../gt-error.ts";
import { formatAddress, parseAddress } from "../../town/address.ts";
import { guessPrefix } from "../new-id.ts";
import type { Batch } from "../store/batch.ts";
import { generateId } from "../store/create-bead.ts";
import { removeBead } from "../store/delete-bead.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { BeadRecord, TombstoneRecord } from "./bead-record.ts";
import { breakStoredCycles } from "./break-stored-cycles.ts";
import { type Decision, decideImport, type ImportMode } from "./decide-import.ts";
import { type InvalidLineReport, type ParsedFile, parseFile } from "./parse-file.ts";
import { canonical, compareBytes } from "./parse-line.ts";
import { storeRecord } from "./stored-record.ts";

export interface ImportOptions {
  readonly actor: string;
  readonly now: number;
  /** Scope of beads whose prefix says nothing. */
  readonly scope: string;
  /**
   * `merge` (default): the newer wins, field by field; `insert-only`: known ids stay; `replace`: the incoming record
   * wins whatever its age; `automatic`: the file is a version of our own export (spec/01 §9.2).
   */
  readonly mode?: ImportMode;
  /** Skips beads with the title of an open one. */
  readonly dedup?: boolean;
  /** Leaves invalid lines out instead of refusing the file. */
  readonly skipInvalid?: boolean;
  readonly dryRun?: boolean;
  /** Registers unknown prefixes for this rig. */
  readonly register?: string;
  /** Takes beads with unknown prefixes into `scope`. */
  readonly allowForeign?: boolean;
  /** What to do with a dotted id whose parent is nowhere. */
  readonly orphans?: "allow" | "strict" | "skip" | "resurrect";
}

export interface ImportReport {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly memories: number;
  /** Older than what is here. */
  readonly stale: readonly string[];
  readonly dedupSkipped: readonly string[];
  readonly orphansSkipped: readonly string[];
  readonly ids: readonly string[];
  readonly invalid: readonly InvalidLineReport[];
  readonly warnings: readonly string[];
  readonly resolvedBlocks: number;
}

/** Beads in one transaction, so that other writers get a turn (spec/01 §7.1). */
const chunkSize = 1000;

/** Imports the text of an interchange file (spec/01 §9.2). `E_IMPORT` names the first invalid line; nothing is then written. */
export async function importText(
  ledger: SqliteLedger,
  text: string,
  options: ImportOptions,
): Promise<ImportReport> {
  const statuses = ledger.statuses();
  const parsed = parseFile(text, { now: options.now, isSettled: (status) => statuses.isSettled(status) });
  const first = parsed.invalid[0];
  if (first !== undefined && options.skipInvalid !== true)
    throw new GtError("E_IMPORT", `line ${first.line}: ${first.why}`, {
      exitCode: 2,
      why: parsed.invalid.slice(1, 5).map(({ line, why }) => `line ${line}: ${why}`),
      hint: "bd import --skip-invalid",
    });
  return importParsed(ledger, parsed, options);
}

export async function importParsed(
  ledger: SqliteLedger,
  parsed: ParsedFile,
  options: ImportOptions,
): Promise<ImportReport> {
  return new Import(ledger, parsed, options).run();
}

class Import {
  private readonly ledger: SqliteLedger;
  private readonly parsed: ParsedFile;
  private readonly options: ImportOptions;
  private readonly database: LedgerDatabase;
  private readonly isTown: boolean;
  private readonly report = {
    created: 0,
    updated: 0,
    unchanged: 0,
    deleted: 0,
    memories: 0,
    stale: [] as string[],
    dedupSkipped: [] as string[],
    orphansSkipped: [] as string[],
    ids: [] as string[],
    warnings: [] as string[],
  };
  private hasNewOrder = false;

  constructor(ledger: SqliteLedger, parsed: ParsedFile, options: ImportOptions) {
    this.ledger = ledger;
    this.parsed = parsed;
    this.options = options;
    this.database = ledger.database;
    this.isTown = ledger.prefixTable().isTown;
    this.report.warnings.push(...parsed.warnings);
  }

  async run(): Promise<ImportReport> {
    await this.checkPrefixes();
    const records = this.inOrder();
    for (let start = 0; start < records.length || start === 0; start += chunkSize)
      await this.chunk(records.slice(start, start + chunkSize), start === 0);
    if (this.hasNewOrder && this.options.dryRun !== true)
      await breakStoredCycles(this.ledger, this.options.actor);
    return { ...this.report, invalid: this.parsed.invalid, resolvedBlocks: this.parsed.resolvedBlocks };
  }

  private async checkPrefixes(): Promise<void> {
    const table = this.ledger.prefixTable();
    if (!table.isTown || this.options.allowForeign === true) return;
    const unknown = new Set<string>();
    for (const id of this.parsed.set.beads.keys())
      if (table.scopeOfId(id) === undefined && !this.exists(id)) unknown.add(guessPrefix(id));
    if (unknown.size === 0) return;
    const { register } = this.options;
    if (register === undefined)
      throw new GtError("E_PREFIX", `unknown prefix ${[...unknown].join(", ")}; nothing was imported`, {
        exitCode: 2,
        why: [`known prefixes: ${table.prefixes.join(", ")}`],
        hint: "bd import --register <rig>",
      });
    if (this.options.dryRun === true) return;
    await this.ledger.write(
      this.options.actor,
      [...unknown].map(
        (prefix) => ({ op: "registerPrefix", prefix, scope: register, path: register }) as const,
      ),
    );
  }

  /** Parents before children: ids sort that way. */
  private inOrder(): readonly BeadRecord[] {
    const records = [...this.parsed.set.beads.values()].sort((a, b) => compareBytes(a.id, b.id));
    const strict = this.options.orphans ?? "allow";
    if (strict === "allow") return records;
    const kept: BeadRecord[] = [];
    const known = new Set<string>();
    for (const record of records) {
      const dot = record.id.lastIndexOf(".");
      const parent = record.id.slice(0, dot);
      if (dot > 0 && !known.has(parent) && !this.exists(parent)) {
        if (strict === "strict")
          throw new GtError("E_IMPORT", `${record.id} has no parent ${parent}`, { exitCode: 2 });
        if (strict === "skip") {
          this.report.orphansSkipped.push(record.id);
          continue;
        }
        kept.push(missingParent(parent, record));
        known.add(parent);
      }
      kept.push(record);
      known.add(record.id);
    }
    return kept;
  }

  private async chunk(records: readonly BeadRecord[], isFirst: boolean): Promise<void> {
    if (this.options.dryRun === true) {
      if (isFirst) this.countRest();
      for (const record of records) this.count(record, this.decide(record));
      return;
    }
    await this.ledger.apply(this.options.actor, (batch) => {
      if (isFirst) this.applyRest(batch);
      for (const record of records) this.applyRecord(batch, record);
    });
  }

  /** What `applyRest` would do; a bead without an id has none to report yet. */
  private countRest(): void {
    const { tombstones, memories } = this.parsed.set;
    for (const { id, deleted_at } of tombstones.values()) {
      const updatedAt = this.database.value<number>("SELECT updated_at FROM issues WHERE id = ?", id);
      if (updatedAt !== undefined && updatedAt <= Date.parse(deleted_at)) this.report.deleted++;
    }
    this.report.memories += memories.size;
    for (const bead of this.parsed.unnamed) {
      const { action } = this.decide(bead.complete({ id: "", now: this.options.now }));
      if (action === "twin") this.report.dedupSkipped.push("");
      else this.report.created++;
    }
  }

  /** Deletions, memories and beads without an id go with the first chunk. */
  private applyRest(batch: Batch): void {
    for (const tombstone of this.parsed.set.tombstones.values()) this.applyTombstone(batch, tombstone);
    for (const { key, value } of this.parsed.set.memories.values()) {
      this.report.memories++;
      this.database.run(
        "INSERT INTO kv (ns, key, value) VALUES ('memory', ?, ?) ON CONFLICT (ns, key) DO UPDATE SET value = excluded.value",
        key,
        value,
      );
    }
    for (const bead of this.parsed.unnamed) {
      const draft = bead.complete({ id: "", now: this.options.now });
      const prefix = batch.context.prefixes.prefixOfScope(this.options.scope);
      const id = generateId(batch, `${prefix}-`, {
        title: draft.title,
        description: String(draft["description"] ?? ""),
        creator: batch.actor,
        createdAt: Date.parse(draft.created_at),
      });
      this.applyRecord(batch, bead.complete({ id, now: this.options.now }));
    }
  }

  private applyRecord(batch: Batch, incoming: BeadRecord): void {
    const decision = this.decide(incoming);
    this.count(incoming, decision);
    if (decision.action !== "insert" && decision.action !== "update") return;
    const { record, conflicts } = decision;
    const scope = this.scopeOf(batch, record.id);
    storeRecord(batch, record, scope);
    if ((record.dependencies ?? []).some(({ type }) => type !== "related")) this.hasNewOrder = true;
    batch.record({
      id: record.id,
      scope,
      type: conflicts.length === 0 ? "imported" : "merged",
      new: {
        title: record.title,
        status: record.status,
        ...(conflicts.length === 0 ? {} : { conflicts }),
      },
    });
  }

  private decide(given: BeadRecord): Decision {
    const { mode = "merge", now, dedup = false } = this.options;
    const incoming = this.isTown ? withCanonicalAddresses(given) : given;
    const isUndated = this.parsed.undated.has(incoming.id);
    return decideImport(this.database, incoming, { mode, now, dedup, isUndated });
  }

  private scopeOf(batch: Batch, id: string): string {
    return (
      this.database.value<string>("SELECT scope FROM issues WHERE id = ?", id) ??
      batch.context.prefixes.scopeOfId(id) ??
      this.options.scope
    );
  }

  private count(record: BeadRecord, decision: Decision): void {
    switch (decision.action) {
      case "insert":
        this.report.created++;
        this.report.ids.push(record.id);
        break;
      case "update":
        this.report.updated++;
        this.report.ids.push(record.id);
        break;
      case "unchanged":
        this.report.unchanged++;
        break;
      case "stale":
        this.report.stale.push(record.id);
        break;
      case "twin":
        this.report.dedupSkipped.push(record.id);
        break;
    }
  }

  private applyTombstone(batch: Batch, tombstone: TombstoneRecord): void {
    const deletedAt = Date.parse(tombstone.deleted_at);
    const row = batch.findBead(tombstone.id);
    if (row !== undefined && row.updated_at > deletedAt) return;
    const scope = row?.scope ?? batch.context.prefixes.scopeOfId(tombstone.id) ?? this.options.scope;
    if (row !== undefined) {
      removeBead(batch, tombstone.id, tombstone.delete_reason);
      this.report.deleted++;
    }
    const added = this.database.run(
      `INSERT INTO tombstones (id, scope, deleted_at, deleted_by, reason, record) VALUES (?,?,?,?,?,?)
       ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by,
         reason = excluded.reason, record = excluded.record WHERE excluded.deleted_at < deleted_at`,
      tombstone.id,
      scope,
      deletedAt,
      tombstone.deleted_by,
      tombstone.delete_reason,
      JSON.stringify({ title: tombstone.title, original_type: tombstone.original_type }),
    );
    if (added > 0) batch.markDirty(scope, tombstone.id);
  }

  private exists(id: string): boolean {
    return this.database.value("SELECT 1 FROM issues WHERE id = ?", id) !== undefined;
  }
}

function missingParent(id: string, child: BeadRecord): BeadRecord {
  return canonical({
    id,
    title: `(missing parent ${id})`,
    status: "closed",
    priority: 4,
    issue_type: "task",
    created_at: child.created_at,
    updated_at: child.updated_at,
  });
}

/** Short forms of addresses that other programs write (spec/01 §1). */
function withCanonicalAddresses(record: BeadRecord): BeadRecord {
  const { assignee } = record;
  if (typeof assignee !== "string" || assignee === "") return record;
  const address = parseAddress(assignee);
  if (address === undefined) return record;
  const spelled = formatAddress(address);
  return spelled === assignee ? record : { ...record, assignee: spelled };
}
