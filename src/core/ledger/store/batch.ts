import type { Clock } from "../../clock.ts";
import { formatTime } from "../../clock.ts";
import type { TownEvent } from "../../events/event.ts";
import { initialVisibility } from "../../events/event-types.ts";
import { GtError } from "../../gt-error.ts";
import { type Random, randomWord } from "../../random.ts";
import type { ActorAddress, BeadId, Time } from "../bead.ts";
import type { BeadEvent } from "../event-hooks.ts";
import type { WriteResult } from "../ledger.ts";
import { nameIn } from "../named-bead.ts";
import type { BatchEvent } from "../operation.ts";
import type { Statuses } from "../statuses.ts";
import type { BeadRow } from "./bead-row.ts";
import { BlockedState } from "./blocked-state.ts";
import type { LedgerDatabase } from "./database.ts";
import { addToOutbox, type OutboxEntry } from "./outbox.ts";
import type { PrefixTable } from "./prefix-table.ts";

/** What a batch needs to know of the ledger that applies it. */
export interface BatchContext {
  readonly database: LedgerDatabase;
  readonly statuses: Statuses;
  readonly customTypes: ReadonlySet<string>;
  readonly prefixes: PrefixTable;
  readonly clock: Clock;
  readonly random: Random;
  /** Scope of new beads that name none. */
  readonly defaultScope: string | undefined;
}

export interface BeadChange {
  readonly id: BeadId;
  readonly scope: string;
  readonly type: string;
  readonly old?: Readonly<Record<string, unknown>> | undefined;
  readonly new?: Readonly<Record<string, unknown>> | undefined;
  readonly comment?: string | undefined;
  /** No other clone ever knew the bead, so nothing is to be exported. */
  readonly isLocal?: boolean;
}

/** A UUID has no such end: the feed keeps the mark with the batch that its rows belong to. */
const unattendedMark = "~";
const markUnattended = (tx: string): string => `${tx}${unattendedMark}`;
export const isUnattendedTx = (tx: string): boolean => tx.endsWith(unattendedMark);

/** A write in the making: who writes, when, what was recorded so far. Lives inside one transaction. */
export class Batch {
  readonly context: BatchContext;
  readonly database: LedgerDatabase;
  readonly actor: ActorAddress;
  readonly now: Time;
  readonly tx: string;
  readonly blocked: BlockedState;
  readonly created: BeadId[] = [];
  /** What was recorded so far, in order. */
  readonly changes: BeadEvent[] = [];
  private readonly names = new Map<string, BeadId>();
  private readonly events: TownEvent[] = [];
  private recorded = 0;
  private seq = 0;
  private hasChanged = false;
  private isUnattended = false;

  /** `tx`: a UUID that its changes have in common. */
  constructor(context: BatchContext, actor: ActorAddress, tx: string) {
    this.context = context;
    this.database = context.database;
    this.actor = actor;
    this.now = context.clock.now();
    this.tx = tx;
    this.blocked = new BlockedState(context.database, context.statuses);
  }

  /** The stored row, without labels; `E_NOT_FOUND` (exit 3). */
  bead(id: BeadId): BeadRow {
    const row = this.findBead(id);
    if (row === undefined)
      throw new GtError("E_NOT_FOUND", `no issue found matching "${id}"`, { exitCode: 3, hint: "bd list" });
    return row;
  }

  findBead(id: BeadId): BeadRow | undefined {
    return this.database.get<BeadRow>("SELECT * FROM issues WHERE id = ?", this.resolve(id));
  }

  /** The id behind a `$name` or a stand-in of `namedBead`; other ids as they are. */
  resolve(id: BeadId): BeadId {
    if (!id.startsWith("$")) return id;
    const name = nameIn(id) ?? id.slice(1);
    const named = this.names.get(name);
    if (named === undefined)
      throw new GtError("E_INVALID", `nothing in this batch is named $${name}`, { exitCode: 2 });
    return named;
  }

  name(name: string, id: BeadId): void {
    this.names.set(name, id);
  }

  /** A JSON value with every stand-in of `namedBead` replaced by the id. What a person wrote stays as it is. */
  fillIn(value: unknown): unknown {
    if (this.names.size === 0) return value;
    if (typeof value === "string") return nameIn(value) === undefined ? value : this.resolve(value);
    if (Array.isArray(value)) return value.map((item) => this.fillIn(item));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.fillIn(item)]));
    return value;
  }

  /** The changes from here on call nobody. */
  callNobody(): void {
    this.isUnattended = true;
  }

  /** Appends a row to the change feed and marks the bead for export. */
  record(change: BeadChange): void {
    this.hasChanged = true;
    this.changes.push({ id: change.id, type: change.type });
    const statement = this.database.prepare(
      "INSERT INTO events (id, tx, issue_id, scope, event_type, actor, old_value, new_value, comment, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
    );
    const { lastInsertRowid } = statement.run(
      `${this.tx}.${this.recorded++}`,
      this.isUnattended ? markUnattended(this.tx) : this.tx,
      change.id,
      change.scope,
      change.type,
      this.actor,
      change.old === undefined ? null : JSON.stringify(change.old),
      change.new === undefined ? null : JSON.stringify(change.new),
      change.comment ?? null,
      this.now,
    );
    this.seq = Number(lastInsertRowid);
    if (change.isLocal !== true && !this.isLocal(change.id)) this.markDirty(change.scope, change.id);
  }

  private isLocal(id: BeadId): boolean {
    return (
      this.database.value("SELECT 1 FROM issues WHERE id = ? AND (ephemeral = 1 OR no_history = 1)", id) === 1
    );
  }

  /** Marks the bead for the next export. */
  markDirty(scope: string, id: BeadId): void {
    // An export under way forgets what is marked up to the head that it has read; this mark must be newer.
    const seq = this.seq === 0 ? headOf(this.database) + 1 : this.seq;
    this.database.run(
      "INSERT INTO dirty (scope, issue_id, seq) VALUES (?,?,?) ON CONFLICT (scope, issue_id) DO UPDATE SET seq = excluded.seq",
      scope,
      id,
      seq,
    );
  }

  /** Something outside the feed changed, e.g. a runtime row. */
  changedSilently(): void {
    this.hasChanged = true;
  }

  /** Sets columns of a bead and, as one revision, who wrote it and when. */
  store(id: BeadId, columns: Readonly<Record<string, string | number | null>>): void {
    const names = Object.keys(columns);
    this.database.run(
      `UPDATE issues SET ${names.map((name) => `${name} = ?, `).join("")}rev = rev + 1, updated_at = max(updated_at, ?), updated_by = ? WHERE id = ?`,
      ...names.map((name) => columns[name]),
      this.now,
      this.actor,
      id,
    );
  }

  /** A new revision without other columns: a label, an edge or a comment was added or removed. */
  touch(id: BeadId): void {
    this.store(id, {});
  }

  /** A line for the event log, appended after the commit (spec/01 §7.4). */
  report(event: BatchEvent): void {
    this.events.push({
      ts: formatTime(this.now),
      source: event.source ?? "gt",
      type: event.type,
      actor: this.actor === "mayor/" || this.actor === "deacon/" ? this.actor.slice(0, -1) : this.actor,
      payload: this.fillIn(event.payload ?? {}) as TownEvent["payload"],
      visibility: event.visibility ?? initialVisibility(event.type),
    });
  }

  /** Ends the batch: settles derived state and stores the lines for the event log. */
  finish(): {
    readonly result: WriteResult;
    readonly outbox: readonly OutboxEntry[];
    readonly changes: readonly BeadEvent[];
  } {
    this.blocked.settle();
    const seq = this.seq === 0 ? headOf(this.database) : this.seq;
    return {
      result: {
        tx: this.tx,
        seq,
        changed: this.hasChanged,
        created: this.created,
        named: Object.fromEntries(this.names),
      },
      changes: this.changes,
      outbox: this.events.map((event, n) => this.storeInOutbox(event, seq, n)),
    };
  }

  private storeInOutbox(event: TownEvent, seq: number, n: number): OutboxEntry {
    // Only a batch that wrote to the feed owns its number; others take a random id.
    const id = this.recorded > 0 ? `L${seq}.${n}` : randomWord(this.context.random, 12);
    const line = JSON.stringify({ ...event, id });
    return { seq, n: addToOutbox(this.database, seq, line), line };
  }
}

/** Highest number of the change feed. */
export function headOf(database: LedgerDatabase): number {
  return database.value<number>("SELECT seq FROM sqlite_sequence WHERE name = 'events'") ?? 0;
}
