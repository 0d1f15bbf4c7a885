import type {
  ActorAddress,
  Agent,
  AgentState,
  Bead,
  BeadId,
  Comment,
  Dependency,
  Role,
  Status,
  Time,
} from "./bead.ts";
import type { Operation, RuntimeTable } from "./operation.ts";

/**
 * What work exists, who holds it and what state it is in (spec/01). Reads are plain queries; writes are atomic batches.
 * The interface knows no SQL, so that a shared server could stand behind it.
 */
export interface Ledger {
  /** Absolute path of the database file. */
  readonly path: string;

  get(id: BeadId): Promise<Bead | undefined>;
  getMany(ids: readonly BeadId[]): Promise<ReadonlyMap<BeadId, Bead>>;
  /** The one bead meant by a fragment of an id (spec/01 §3.5). Throws `E_NOT_FOUND` (exit 3) or `E_AMBIGUOUS` (exit 4). */
  resolve(input: string, options?: { readonly scope?: string }): Promise<BeadId>;
  find(filter: BeadFilter): Promise<readonly Bead[]>;
  count(filter: BeadFilter): Promise<number>;
  ready(filter?: ReadyFilter): Promise<readonly Bead[]>;
  blocked(filter?: BeadFilter): Promise<readonly BlockedBead[]>;

  /** Edges that start at the bead. */
  dependencies(id: BeadId): Promise<readonly Dependency[]>;
  /** Edges that end at the bead. */
  dependents(id: string): Promise<readonly Dependency[]>;
  /** Edges of many beads at once, both directions, for drawing a graph. */
  edges(ids: readonly BeadId[]): Promise<readonly Dependency[]>;
  comments(id: BeadId): Promise<readonly Comment[]>;
  /** Number of comments of each of these beads that has any. */
  commentCounts(ids: readonly BeadId[]): Promise<ReadonlyMap<BeadId, number>>;
  /** Every label in use with the number of beads that carry it, sorted by label. */
  labelCounts(options?: { readonly scope?: string }): Promise<ReadonlyMap<string, number>>;

  agent(address: ActorAddress): Promise<Agent | undefined>;
  agents(filter?: AgentFilter): Promise<readonly Agent[]>;

  row<T = unknown>(table: RuntimeTable, key: string): Promise<RuntimeRow<T> | undefined>;
  rows<T = unknown>(
    table: RuntimeTable,
    options?: { readonly prefix?: string },
  ): Promise<readonly RuntimeRow<T>[]>;

  prefixes(): Promise<readonly PrefixEntry[]>;

  /**
   * Applies all operations in order, or none. Throws `Conflict` (code `E_CONFLICT`, exit 4) when an expectation fails,
   * `GtError` with a code of spec/01 §2.6 for invalid values.
   */
  write(actor: ActorAddress, operations: readonly Operation[]): Promise<WriteResult>;

  /** Selects the first ready bead and claims it in one transaction, so that no two callers get the same (spec/01 §7.5). */
  claimReady(actor: ActorAddress, filter?: ReadyFilter): Promise<Bead | undefined>;

  /** A key of the ledger's configuration (spec/01 §10.9); undefined when it is not set. */
  config(key: string): Promise<string | undefined>;
  configs(): Promise<ReadonlyMap<string, string>>;
  /** All values of a namespace, e.g. `memory` or `kv` (spec/01 §10.8). */
  values(namespace: string): Promise<ReadonlyMap<string, string>>;

  /** Rows of the change feed after `since`, oldest first (spec/01 §7.4). */
  changes(since: number, options?: ChangeOptions): Promise<ChangePage>;
  /** Highest sequence number of the feed. */
  head(): Promise<number>;
  /** Records liveness times without an event or a new revision (spec/01 §6.2). */
  touchAgent(address: ActorAddress, times: AgentTimes): Promise<void>;

  close(): Promise<void>;
}

/** Conditions that must all hold. Times are exclusive bounds. */
export interface BeadFilter {
  readonly ids?: readonly BeadId[];
  readonly idPrefix?: string;
  readonly scope?: string;
  readonly status?: Status | readonly Status[];
  readonly notStatus?: Status | readonly Status[];
  readonly type?: string | readonly string[];
  readonly notType?: string | readonly string[];
  readonly assignee?: ActorAddress;
  /** With `*`, `?` and `[..]`. */
  readonly assigneeGlob?: string;
  readonly unassigned?: boolean;
  readonly owner?: string;
  readonly createdBy?: ActorAddress;
  /** All of these labels. */
  readonly labels?: readonly string[];
  /** Any of these labels. */
  readonly anyLabel?: readonly string[];
  /** None of these labels. */
  readonly notLabel?: readonly string[];
  readonly unlabelled?: boolean;
  /** Any label that matches, with `*`, `?` and `[..]`. */
  readonly labelGlob?: string;
  readonly parent?: BeadId;
  /** Anything below this bead, at any depth. */
  readonly under?: BeadId;
  /** Only beads without a parent. */
  readonly topLevel?: boolean;
  readonly priority?: number;
  readonly priorityMin?: number;
  readonly priorityMax?: number;
  readonly titleContains?: string;
  readonly descriptionContains?: string;
  readonly notesContains?: string;
  /** In title, id, external reference or description. */
  readonly textContains?: string;
  /** In title, id or external reference. */
  readonly nameContains?: string;
  readonly undescribed?: boolean;
  readonly specPrefix?: string;
  readonly externalRef?: string;
  readonly createdAfter?: Time;
  readonly createdBefore?: Time;
  readonly updatedAfter?: Time;
  readonly updatedBefore?: Time;
  readonly startedAfter?: Time;
  readonly startedBefore?: Time;
  readonly closedAfter?: Time;
  readonly closedBefore?: Time;
  readonly dueAfter?: Time;
  readonly dueBefore?: Time;
  readonly deferAfter?: Time;
  readonly deferBefore?: Time;
  /** Values at dotted metadata paths, e.g. `{"mr.target": "main"}`. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  readonly hasMetadata?: string;
  readonly ephemeral?: boolean;
  readonly pinned?: boolean;
  readonly template?: boolean;
  readonly molType?: string;
  readonly wispType?: string;
  readonly target?: string;
  readonly limit?: number;
  readonly sort?: BeadSort;
  readonly reverse?: boolean;
}

/** `id` compares numbers as numbers (`.4` before `.10`); the dates give the newest first. */
export type BeadSort =
  | "priority"
  | "created"
  | "updated"
  | "closed"
  | "id"
  | "oldest"
  | "hybrid"
  | "status"
  | "title"
  | "type"
  | "assignee";

export interface ReadyFilter extends BeadFilter {
  readonly includeEphemeral?: boolean;
  readonly includeDeferred?: boolean;
  readonly excludeType?: readonly string[];
}

export interface BlockedBead extends Bead {
  /** Active direct blockers, or the parent that the bead inherits from. */
  readonly blockedBy: readonly string[];
}

export interface AgentFilter {
  readonly rig?: string;
  readonly role?: Role;
  readonly state?: AgentState | readonly AgentState[];
  readonly hookBead?: BeadId;
}

export interface RuntimeRow<T = unknown> {
  readonly key: string;
  readonly value: T;
  readonly rev: number;
  readonly updatedAt: Time;
}

export interface PrefixEntry {
  readonly prefix: string;
  readonly scope: string;
  /** Path relative to the town root, `.` for the town. */
  readonly path: string;
}

export interface WriteResult {
  /** Id shared by all change rows of the batch. */
  readonly tx: string;
  /** Highest change sequence of the batch, or the head when nothing changed. */
  readonly seq: number;
  readonly changed: boolean;
  /** Ids of the created beads, in order. */
  readonly created: readonly BeadId[];
  /** Ids by their `as` name, without the `$`. */
  readonly named: Readonly<Record<string, BeadId>>;
}

export interface Change {
  readonly seq: number;
  readonly tx: string;
  readonly beadId: BeadId;
  readonly scope: string;
  /** `created`, `updated`, `status_changed`, `claimed`, `closed`, ... (spec/01 §5.4). */
  readonly type: string;
  readonly actor: ActorAddress;
  readonly oldValue?: Readonly<Record<string, unknown>>;
  readonly newValue?: Readonly<Record<string, unknown>>;
  readonly comment?: string;
  readonly createdAt: Time;
  /** Whoever made it wants nobody to look because of it; they find it when they look by themselves. */
  readonly isUnattended?: true;
}

export interface ChangeOptions {
  readonly limit?: number;
  readonly scopes?: readonly string[];
  readonly types?: readonly string[];
  /** Only changes of this bead. */
  readonly bead?: BeadId;
}

export interface ChangePage {
  readonly from: number;
  readonly to: number;
  /** `since` was below the oldest kept row: read a snapshot, go on from `to`. */
  readonly reset: boolean;
  readonly changes: readonly Change[];
}

export interface AgentTimes {
  readonly lastActivity?: Time;
  readonly lastProgressAt?: Time;
  readonly lastSessionAt?: Time;
}
