import { hostname } from "node:os";
import { crashPoint } from "../../core/crash-point.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Ledger, RuntimeRow, WriteResult } from "../../core/ledger/ledger.ts";
import { nameIn } from "../../core/ledger/named-bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { randomWord } from "../../core/random.ts";
import { isSameProcess, processStartTime } from "../sessions/process-identity.ts";
import type { TownAccess } from "../town-access.ts";

export type OperationKind =
  | "sling"
  | "done"
  | "reuse"
  | "nuke"
  | "handoff"
  | "restart"
  | "rollback"
  | "remove"
  | "rename"
  | "shutdown";

export interface OperationSubject {
  readonly agent: string;
  readonly bead: string;
  readonly rig: string;
}

/** A command of several steps, as the ledger's runtime table `operations` keeps it until it is over (spec/04 §0.3). */
export interface OperationRecord<Data = unknown> {
  readonly id: string;
  readonly kind: OperationKind;
  readonly actor: string;
  readonly subject: OperationSubject;
  readonly pid: number;
  /** Kernel start time of the process, so that a reused pid is not taken for it. */
  readonly pidStartedAt: string;
  readonly host: string;
  readonly startedAt: number;
  readonly updatedAt: number;
  /** The step that was begun last. */
  readonly step: string;
  readonly data: Data;
  /** Set when the process gave up and left the rest to recovery. */
  readonly error: string | null;
}

const table = "operations";

/** An operation in progress. Every step is written down before it is done. */
export class OperationJournal<Data> {
  readonly #access: TownAccess;
  #record: OperationRecord<Data>;

  private constructor(access: TownAccess, record: OperationRecord<Data>) {
    this.#access = access;
    this.#record = record;
  }

  /** Begins with the first step, in one batch with the operations that reserve the subject. */
  static async begin<Data>(
    access: TownAccess,
    begin: {
      readonly kind: OperationKind;
      readonly subject: OperationSubject;
      readonly step: string;
      readonly data: Data;
      readonly operations?: readonly Operation[];
    },
  ): Promise<OperationJournal<Data>> {
    const now = access.clock.now();
    const journal = new OperationJournal<Data>(access, {
      id: `${begin.kind}-${randomWord(access.random, 8)}`,
      kind: begin.kind,
      actor: access.actor,
      subject: begin.subject,
      ...thisProcess(),
      startedAt: now,
      updatedAt: now,
      step: begin.step,
      data: begin.data,
      error: null,
    });
    await journal.step(begin.step, {}, begin.operations ?? []);
    return journal;
  }

  /** Takes over an abandoned operation. `E_CONFLICT` when somebody else was faster. */
  static async adopt<Data>(
    access: TownAccess,
    row: RuntimeRow<OperationRecord<Data>>,
  ): Promise<OperationJournal<Data>> {
    const journal = new OperationJournal<Data>(access, {
      ...row.value,
      ...thisProcess(),
      updatedAt: access.clock.now(),
      error: null,
    });
    await access.ledger.write(access.actor, [
      { op: "expectRow", table, key: row.value.id, rev: row.rev },
      journal.#put(),
    ]);
    return journal;
  }

  get record(): OperationRecord<Data> {
    return this.#record;
  }

  get id(): string {
    return this.#record.id;
  }

  get data(): Data {
    return this.#record.data;
  }

  /**
   * Writes down that `step` begins, with what it needs to be repeated or undone. `operations` are applied in the same
   * batch: whether the operation got this far and whether they were applied is one and the same fact. Returns the ids
   * of beads that they named.
   */
  async step(
    step: string,
    data: Partial<Data> = {},
    operations: readonly Operation[] = [],
  ): Promise<WriteResult["named"]> {
    const next = {
      ...this.#record,
      step,
      data: { ...this.#record.data, ...data },
      updatedAt: this.#access.clock.now(),
    };
    const { named } = await this.#access.ledger.write(this.#access.actor, [
      ...operations,
      { op: "putRow", table, key: next.id, value: next },
    ]);
    // Only what was written counts: after a failed batch the operation is where it was.
    this.#record = { ...next, data: withNames(next.data, named) };
    crashPoint(`${this.#record.kind}.${step}`);
    return named;
  }

  /** The operation is over; `operations` are applied in the same batch. */
  async finish(operations: readonly Operation[] = []): Promise<void> {
    await this.#access.ledger.write(this.#access.actor, [
      ...operations,
      { op: "deleteRow", table, key: this.#record.id },
    ]);
    crashPoint(`${this.#record.kind}.finished`);
  }

  /** Leaves the operation to recovery: what was tried could not be ended here. */
  async leave(error: string): Promise<void> {
    this.#record = { ...this.#record, error, updatedAt: this.#access.clock.now() };
    await this.#access.ledger.write(this.#access.actor, [this.#put()]);
  }

  #put(): Operation {
    return { op: "putRow", table, key: this.#record.id, value: this.#record };
  }
}

/** The data as the ledger stored it: with the ids of the beads that the batch named. */
function withNames<Data>(data: Data, named: WriteResult["named"]): Data {
  const entries = Object.entries(data as Readonly<Record<string, unknown>>).map(([key, value]) => {
    const name = typeof value === "string" ? nameIn(value) : undefined;
    return [key, name === undefined ? value : named[name]];
  });
  return Object.fromEntries(entries) as Data;
}

/** All operations that are not over, oldest first. */
export async function openOperations(ledger: Ledger): Promise<readonly RuntimeRow<OperationRecord<never>>[]> {
  const rows = await ledger.rows<OperationRecord<never>>(table);
  return [...rows].sort((one, other) => one.value.startedAt - other.value.startedAt);
}

/** Whether the process that drives the operation is gone or has given up (spec/04 §0.3). */
export function isAbandoned(record: OperationRecord): boolean {
  if (record.host !== hostname()) return false;
  return record.error !== null || !isSameProcess(record.pid, record.pidStartedAt);
}

/** `E_BUSY` for a subject on which another living process works. */
export function operationBusy(record: OperationRecord): GtError {
  const subject = record.subject.agent === "" ? record.subject.bead : record.subject.agent;
  return new GtError(
    "E_BUSY",
    `${subject} is being changed by pid ${record.pid} (${record.kind}, since ${new Date(record.startedAt).toISOString()}); try again`,
  );
}

function thisProcess(): { readonly pid: number; readonly pidStartedAt: string; readonly host: string } {
  return { pid: process.pid, pidStartedAt: processStartTime(process.pid) ?? "", host: hostname() };
}
