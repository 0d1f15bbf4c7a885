import type { Clock } from "../../clock.ts";
import type { TownEvent } from "../../events/event.ts";
import type { Random } from "../../random.ts";
import type { ActorAddress, Agent, Bead, BeadId, Comment, Dependency } from "../bead.ts";
import type { BeadEvent } from "../event-hooks.ts";
import { formatRecord } from "../jsonl/bead-record.ts";
import { readRecord } from "../jsonl/stored-record.ts";
import type {
  AgentFilter,
  AgentTimes,
  BeadFilter,
  BlockedBead,
  ChangeOptions,
  ChangePage,
  Ledger,
  PrefixEntry,
  ReadyFilter,
  RuntimeRow,
  WriteResult,
} from "../ledger.ts";
import type { Operation, RuntimeTable } from "../operation.ts";
import { parseCustomStatuses, Statuses } from "../statuses.ts";
import { StoredAgentTimes } from "./agent-times.ts";
import { applyOperation } from "./apply-operation.ts";
import { Batch, type BatchContext, headOf } from "./batch.ts";
import { conditionsOf } from "./bead-filter.ts";
import {
  type AgentRow,
  agentColumns,
  type BeadRow,
  beadColumns,
  type CommentRow,
  type DependencyRow,
  toAgent,
  toBead,
  toComment,
  toDependency,
} from "./bead-row.ts";
import { uuidV7 } from "../uuid.ts";
import { blockedBeads } from "./blocked-query.ts";
import { changesSince } from "./change-feed.ts";
import { claimBead } from "./claim.ts";
import type { LedgerDatabase } from "./database.ts";
import { findBeads } from "./find-query.ts";
import { type OutboxEntry, orphanedLines, removeFromOutbox } from "./outbox.ts";
import { PrefixTable } from "./prefix-table.ts";
import { readyBeads } from "./ready-query.ts";
import { resolveId } from "./resolve-id.ts";
import type { RuntimeRecord } from "./runtime-rows.ts";
import { storeColumns } from "./store-columns.ts";

export interface SqliteLedgerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Scope of new beads and of id fragments. */
  readonly scope: string | undefined;
  readonly tombstoneTtlMs?: number | undefined;
  /** Takes the lines of committed batches to the event log. */
  readonly appendEvents: ((events: readonly TownEvent[]) => Promise<void>) | undefined;
  /** Calls the hooks of a committed batch (spec/01 §5.4). */
  readonly callHooks?:
    | ((events: readonly BeadEvent[], jsonOf: (id: BeadId) => string) => Promise<void>)
    | undefined;
  /** Tells other programs about the prefixes after they changed. */
  readonly publishPrefixes?: ((entries: readonly PrefixEntry[]) => Promise<void>) | undefined;
}

const defaultTombstoneTtlMs = 30 * 24 * 3600 * 1000;

/** The ledger in an SQLite file (spec/01 §7). */
export class SqliteLedger implements Ledger {
  readonly path: string;
  readonly database: LedgerDatabase;
  readonly clock: Clock;
  readonly random: Random;
  /** For how long a deletion is told to other clones (config `sync.tombstone-ttl`, spec/01 §9.3). */
  readonly tombstoneTtlMs: number;
  private readonly options: SqliteLedgerOptions;
  private readonly agentTimes: StoredAgentTimes;
  private customText = "";
  private cachedStatuses = new Statuses(new Map());

  constructor(database: LedgerDatabase, options: SqliteLedgerOptions) {
    this.tombstoneTtlMs = options.tombstoneTtlMs ?? defaultTombstoneTtlMs;
    this.path = database.path;
    this.database = database;
    this.agentTimes = new StoredAgentTimes(database);
    this.options = options;
    this.clock = options.clock;
    this.random = options.random;
  }

  async get(id: BeadId): Promise<Bead | undefined> {
    const row = this.database.get<BeadRow>(`SELECT ${beadColumns} FROM issues i WHERE i.id = ?`, id);
    return row === undefined ? undefined : toBead(row);
  }

  async getMany(ids: readonly BeadId[]): Promise<ReadonlyMap<BeadId, Bead>> {
    const rows = this.database.all<BeadRow>(
      `SELECT ${beadColumns} FROM issues i WHERE i.id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    const found = new Map(rows.map((row) => [row.id, toBead(row)]));
    // In the order that was asked for.
    return new Map(
      ids.flatMap((id) => {
        const bead = found.get(id);
        return bead === undefined ? [] : [[id, bead] as const];
      }),
    );
  }

  async resolve(input: string, options: { readonly scope?: string } = {}): Promise<BeadId> {
    return resolveId(this.database, this.prefixTable(), input, options.scope ?? this.options.scope);
  }

  async find(filter: BeadFilter): Promise<readonly Bead[]> {
    await this.wakeDeferred();
    return this.database.read(() => findBeads(this.database, filter, this.clock.now()));
  }

  async count(filter: BeadFilter): Promise<number> {
    await this.wakeDeferred();
    const { where, params } = conditionsOf(filter);
    const condition = where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
    return this.database.value<number>(`SELECT count(*) FROM issues i ${condition}`, ...params) ?? 0;
  }

  async ready(filter: ReadyFilter = {}): Promise<readonly Bead[]> {
    await this.wakeDeferred();
    const statuses = this.statuses();
    return this.database.read(() => readyBeads(this.database, statuses, filter, this.clock.now()));
  }

  async blocked(filter: BeadFilter = {}): Promise<readonly BlockedBead[]> {
    const statuses = this.statuses();
    return this.database.read(() => blockedBeads(this.database, statuses, filter, this.clock.now()));
  }

  async dependencies(id: BeadId): Promise<readonly Dependency[]> {
    const rows = this.database.all<DependencyRow>(
      "SELECT * FROM dependencies WHERE issue_id = ? ORDER BY depends_on_id, type",
      id,
    );
    return rows.map(toDependency);
  }

  async dependents(id: string): Promise<readonly Dependency[]> {
    const rows = this.database.all<DependencyRow>(
      "SELECT * FROM dependencies WHERE depends_on_id = ? ORDER BY issue_id, type",
      id,
    );
    return rows.map(toDependency);
  }

  async edges(ids: readonly BeadId[]): Promise<readonly Dependency[]> {
    const list = JSON.stringify(ids);
    const rows = this.database.all<DependencyRow>(
      `SELECT * FROM dependencies WHERE issue_id IN (SELECT value FROM json_each(?))
       UNION SELECT * FROM dependencies WHERE depends_on_id IN (SELECT value FROM json_each(?))
       ORDER BY 1, 2, 3`,
      list,
      list,
    );
    return rows.map(toDependency);
  }

  async comments(id: BeadId): Promise<readonly Comment[]> {
    const rows = this.database.all<CommentRow>(
      "SELECT * FROM comments WHERE issue_id = ? ORDER BY created_at, id",
      id,
    );
    return rows.map(toComment);
  }

  async commentCounts(ids: readonly BeadId[]): Promise<ReadonlyMap<BeadId, number>> {
    const rows = this.database.all<{ id: string; count: number }>(
      `SELECT issue_id AS id, count(*) AS count FROM comments
       WHERE issue_id IN (SELECT value FROM json_each(?)) GROUP BY issue_id`,
      JSON.stringify(ids),
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  async labelCounts(options: { readonly scope?: string } = {}): Promise<ReadonlyMap<string, number>> {
    const rows = this.database.all<{ label: string; count: number }>(
      `SELECT l.label, count(*) AS count FROM labels l JOIN issues i ON i.id = l.issue_id
       WHERE i.ephemeral = 0 AND (?1 IS NULL OR i.scope = ?1) GROUP BY l.label ORDER BY l.label`,
      { 1: options.scope ?? null },
    );
    return new Map(rows.map(({ label, count }) => [label, count]));
  }

  async agent(address: ActorAddress): Promise<Agent | undefined> {
    const row = this.database.get<AgentRow>("SELECT * FROM agents WHERE address = ?", address);
    return row === undefined ? undefined : toAgent(row);
  }

  async agents(filter: AgentFilter = {}): Promise<readonly Agent[]> {
    const where: string[] = [];
    const params: string[] = [];
    const wanted = { rig: filter.rig, role: filter.role, hookBead: filter.hookBead };
    for (const [property, value] of Object.entries(wanted)) {
      if (value === undefined) continue;
      where.push(`${agentColumns[property as keyof typeof wanted]} = ?`);
      params.push(value);
    }
    if (filter.state !== undefined) {
      where.push("agent_state IN (SELECT value FROM json_each(?))");
      params.push(JSON.stringify([filter.state].flat()));
    }
    const rows = this.database.all<AgentRow>(
      `SELECT * FROM agents ${where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`} ORDER BY address`,
      ...params,
    );
    return rows.map(toAgent);
  }

  async row<T = unknown>(table: RuntimeTable, key: string): Promise<RuntimeRow<T> | undefined> {
    const record = this.database.get<RuntimeRecord>(
      "SELECT key, value, rev, updated_at FROM runtime_rows WHERE name = ? AND key = ?",
      table,
      key,
    );
    return record === undefined ? undefined : toRuntimeRow<T>(record);
  }

  async rows<T = unknown>(
    table: RuntimeTable,
    options: { readonly prefix?: string } = {},
  ): Promise<readonly RuntimeRow<T>[]> {
    const prefix = options.prefix ?? "";
    const records = this.database.all<RuntimeRecord>(
      "SELECT key, value, rev, updated_at FROM runtime_rows WHERE name = ? AND key >= ? AND substr(key, 1, ?) = ? ORDER BY key",
      table,
      prefix,
      prefix.length,
      prefix,
    );
    return records.map(toRuntimeRow<T>);
  }

  async prefixes(): Promise<readonly PrefixEntry[]> {
    return this.prefixTable().entries;
  }

  async config(key: string): Promise<string | undefined> {
    return this.database.value<string>("SELECT value FROM config WHERE key = ?", key);
  }

  async configs(): Promise<ReadonlyMap<string, string>> {
    const rows = this.database.all<{ key: string; value: string }>(
      "SELECT key, value FROM config ORDER BY key",
    );
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  async values(namespace: string): Promise<ReadonlyMap<string, string>> {
    const rows = this.database.all<{ key: string; value: string }>(
      "SELECT key, value FROM kv WHERE ns = ? ORDER BY key",
      namespace,
    );
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  async write(actor: ActorAddress, operations: readonly Operation[]): Promise<WriteResult> {
    const result = await this.apply(actor, (batch) => {
      for (const operation of operations) applyOperation(batch, operation);
    });
    if (result.changed && operations.some(({ op }) => op === "registerPrefix" || op === "renamePrefix"))
      await this.publishPrefixes();
    return result;
  }

  /** Writes the prefix table for programs that cannot read the ledger; one that fails is found by the doctor. */
  async publishPrefixes(): Promise<void> {
    await this.options.publishPrefixes?.(this.prefixTable().entries).catch(() => undefined);
  }

  async claimReady(actor: ActorAddress, filter: ReadyFilter = {}): Promise<Bead | undefined> {
    await this.wakeDeferred();
    let claimed: BeadId | undefined;
    await this.apply(actor, (batch) => {
      const statuses = batch.context.statuses;
      const [best] = readyBeads(
        this.database,
        statuses,
        { ...filter, unassigned: true, limit: 1 },
        batch.now,
      );
      claimed = best?.id;
      if (best !== undefined) claimBead(batch, best.id);
    });
    return claimed === undefined ? undefined : this.get(claimed);
  }

  /** Runs a change of any kind as one batch: in one transaction, with feed, derived state and outbox. */
  async apply(actor: ActorAddress, change: (batch: Batch) => void): Promise<WriteResult> {
    // What a process loads on first use is loaded here: others wait for the lock, and loading takes longer than the batch.
    const tx = uuidV7(this.clock.now(), this.random);
    this.batchContext();
    const { result, outbox, changes } = await this.database.write(() => {
      const batch = new Batch(this.batchContext(), actor, tx);
      change(batch);
      return batch.finish();
    });
    if (outbox.length > 0) await this.append(outbox);
    // The batch stands whatever becomes of its hooks.
    if (changes.length > 0)
      await this.options.callHooks?.(changes, (id) => this.jsonOf(id)).catch(() => undefined);
    return result;
  }

  private jsonOf(id: BeadId): string {
    const record = readRecord(this.database, id);
    return record === undefined ? "{}" : formatRecord(record);
  }

  async changes(since: number, options: ChangeOptions = {}): Promise<ChangePage> {
    return this.database.read(() => changesSince(this.database, since, options));
  }

  async head(): Promise<number> {
    return headOf(this.database);
  }

  async touchAgent(address: ActorAddress, times: AgentTimes): Promise<void> {
    await this.agentTimes.touch(address, times, this.clock.now());
  }

  async close(): Promise<void> {
    try {
      await this.agentTimes.flush();
    } finally {
      this.database.close();
    }
  }

  /** Appends lines to the event log that a writer committed and then died with. */
  async flushOutbox(): Promise<void> {
    const lines = orphanedLines(this.database, this.clock.now());
    if (lines.length > 0 && !this.database.readonly) await this.append(lines);
  }

  statuses(): Statuses {
    const text = this.database.value<string>("SELECT value FROM config WHERE key = 'status.custom'") ?? "";
    const staged = this.prefixTable().isTown ? "staged_ready:wip,staged_warnings:wip" : "";
    const all = [text, staged].filter((part) => part !== "").join(",");
    if (all !== this.customText) {
      this.customText = all;
      this.cachedStatuses = new Statuses(parseCustomStatuses(all));
    }
    return this.cachedStatuses;
  }

  prefixTable(): PrefixTable {
    return new PrefixTable(
      this.database.all<PrefixEntry & Record<string, string>>(
        "SELECT prefix, scope, path FROM prefixes ORDER BY prefix",
      ),
    );
  }

  private batchContext(): BatchContext {
    const types = this.database.value<string>("SELECT value FROM config WHERE key = 'types.custom'") ?? "";
    return {
      database: this.database,
      statuses: this.statuses(),
      customTypes: new Set(
        types
          .split(",")
          .map((type) => type.trim())
          .filter((type) => type !== ""),
      ),
      prefixes: this.prefixTable(),
      clock: this.clock,
      random: this.random,
      defaultScope: this.options.scope,
    };
  }

  /**
   * The batch is committed and stands whatever happens to the log: lines that could not be appended, or not be taken out
   * of the outbox, are appended by whoever opens the ledger next. Readers drop what they then see twice.
   */
  private async append(outbox: readonly OutboxEntry[]): Promise<void> {
    if (this.options.appendEvents === undefined) return;
    try {
      await this.options.appendEvents(outbox.map(({ line }) => JSON.parse(line) as TownEvent));
      await this.database.write(() => removeFromOutbox(this.database, outbox));
    } catch {
      // The rows stay in the outbox.
    }
  }

  /** Beads whose deferral has expired are open again (spec/01 §4.5). */
  private async wakeDeferred(): Promise<void> {
    const now = this.clock.now();
    if (this.database.readonly || !this.hasExpired(now)) return;
    await this.apply("system", (batch) => {
      const rows = this.database.all<BeadRow>(
        "SELECT * FROM issues WHERE defer_until <= ? AND status = 'deferred'",
        now,
      );
      for (const row of rows) storeColumns(batch, row, { status: "open", defer_until: null });
    });
  }

  private hasExpired(now: number): boolean {
    return (
      this.database.value(
        "SELECT 1 FROM issues INDEXED BY issues_defer WHERE defer_until <= ? AND status = 'deferred' LIMIT 1",
        now,
      ) !== undefined
    );
  }
}

function toRuntimeRow<T>(record: RuntimeRecord): RuntimeRow<T> {
  return {
    key: record.key,
    value: JSON.parse(record.value) as T,
    rev: record.rev,
    updatedAt: record.updated_at,
  };
}
