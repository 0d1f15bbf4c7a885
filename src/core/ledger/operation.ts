import type {
  ActorAddress,
  Agent,
  Bead,
  BeadId,
  DependencyType,
  Outcome,
  Role,
  Status,
  Time,
} from "./bead.ts";

/**
 * One step of an atomic batch. Every operation is idempotent: repeating it with the same arguments succeeds and
 * records nothing. An id that starts with `$` stands for the bead that an earlier `create` of the batch named with `as`.
 */
export type Operation =
  | { readonly op: "expect"; readonly id: BeadId; readonly expected: Expectation }
  | { readonly op: "expectAgent"; readonly address: ActorAddress; readonly expected: Partial<Agent> }
  | { readonly op: "create"; readonly bead: NewBead; readonly as?: string }
  | { readonly op: "update"; readonly id: BeadId; readonly fields: BeadFields }
  | { readonly op: "close"; readonly id: BeadId; readonly close: CloseOptions }
  | { readonly op: "reopen"; readonly id: BeadId; readonly reason: string }
  | { readonly op: "delete"; readonly id: BeadId; readonly reason: string }
  | { readonly op: "claim"; readonly id: BeadId }
  | { readonly op: "addDependency"; readonly edge: NewDependency }
  | {
      readonly op: "removeDependency";
      readonly from: BeadId;
      readonly to: string;
      readonly type?: DependencyType;
    }
  | { readonly op: "addLabel"; readonly id: BeadId; readonly label: string }
  | { readonly op: "removeLabel"; readonly id: BeadId; readonly label: string }
  | { readonly op: "comment"; readonly id: BeadId; readonly text: string; readonly author?: ActorAddress }
  | { readonly op: "ensureAgent"; readonly agent: NewAgent }
  | { readonly op: "setAgent"; readonly address: ActorAddress; readonly fields: AgentPatch }
  | { readonly op: "hook"; readonly address: ActorAddress; readonly bead: BeadId; readonly replace?: boolean }
  | { readonly op: "unhook"; readonly address: ActorAddress }
  | {
      readonly op: "expectRow";
      readonly table: RuntimeTable;
      readonly key: string;
      readonly rev: number | null;
    }
  | { readonly op: "putRow"; readonly table: RuntimeTable; readonly key: string; readonly value: unknown }
  | { readonly op: "deleteRow"; readonly table: RuntimeTable; readonly key: string }
  /** Moves the bead under another parent, or to the top with `null`; its id stays (spec/01 §3.3). */
  | { readonly op: "setParent"; readonly id: BeadId; readonly parent: BeadId | null }
  /** Makes a wisp, and the wisps below it, durable under the same id (spec/01 §5.5). */
  | { readonly op: "promote"; readonly id: BeadId; readonly reason?: string }
  /** Gives a bead, and its children, another id; edges and mentions everywhere follow (spec/01 §10.4). */
  | { readonly op: "rename"; readonly id: BeadId; readonly to: BeadId }
  /** The same for every bead of a prefix. */
  | { readonly op: "renamePrefix"; readonly from: string; readonly to: string }
  /** Sets or, with `null`, removes a key of the ledger's configuration (spec/01 §10.9). */
  | { readonly op: "setConfig"; readonly key: string; readonly value: string | null }
  /** Sets or, with `null`, removes a value in a namespace such as `memory` or `kv` (spec/01 §10.8). */
  | {
      readonly op: "putValue";
      readonly namespace: string;
      readonly key: string;
      readonly value: string | null;
    }
  | { readonly op: "registerPrefix"; readonly prefix: string; readonly scope: string; readonly path: string }
  | { readonly op: "event"; readonly event: BatchEvent }
  /** What the batch changes from here on calls nobody (`Change.isUnattended`). */
  | { readonly op: "unattended" };

/** What must be true of a bead for the batch to be applied; a list means any of them. */
export interface Expectation {
  readonly exists?: boolean;
  readonly rev?: number;
  readonly status?: Status | readonly Status[];
  readonly assignee?: ActorAddress | readonly ActorAddress[];
  /** Values expected at dotted metadata paths; `undefined` means absent. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Fields of a bead that a writer may set. `metadata` is merged (RFC 7386: `null` removes a key). */
export type BeadFields = Partial<
  Omit<
    Bead,
    | "id"
    | "scope"
    | "rev"
    | "createdAt"
    | "createdBy"
    | "updatedAt"
    | "updatedBy"
    | "isBlocked"
    | "dueAt"
    | "deferUntil"
    | "estimatedMinutes"
    | "externalRef"
    | "extra"
    | "startedAt"
    | "closedAt"
    | "labels"
  >
> & {
  readonly dueAt?: Time | null;
  readonly deferUntil?: Time | null;
  readonly estimatedMinutes?: number | null;
  readonly externalRef?: string | null;
  readonly labels?: readonly string[];
};

export type NewBead = BeadFields & {
  readonly title: string;
  /** Explicit id; otherwise one is generated under `prefix` (default: the prefix of `scope`). */
  readonly id?: BeadId;
  readonly scope?: string;
  readonly prefix?: string;
  /** Placed between prefix and hash, e.g. `cv`, `mr`, `wisp`, `mol`. */
  readonly infix?: string;
  /** Creates a child: id `<parent>.<N>` and the parent-child edge. */
  readonly parent?: BeadId;
  /** A child takes over its parent's labels, except `gt:*`, `from:*`, `thread:*` and state labels. */
  readonly inheritLabels?: boolean;
  /** Accepts an explicit id whose prefix nobody registered (`--force`). */
  readonly allowForeignPrefix?: boolean;
  readonly createdAt?: Time;
};

export interface CloseOptions {
  readonly reason: string;
  readonly outcome?: Outcome;
  readonly session?: string;
  /** Skips the close rules of spec/01 §5.3 (never for templates). */
  readonly force?: boolean;
}

export interface NewDependency {
  readonly from: BeadId;
  readonly to: string;
  readonly type?: DependencyType;
  readonly metadata?: string;
  readonly threadId?: string;
  readonly skipCycleCheck?: boolean;
}

export interface NewAgent {
  readonly id: BeadId;
  readonly address: ActorAddress;
  readonly role: Role;
  readonly rig?: string;
  readonly name?: string;
  readonly state?: Agent["state"];
}

export type AgentPatch = {
  readonly [K in keyof Omit<Agent, "id" | "address" | "role" | "rig" | "name">]?: Agent[K] | null;
};

/**
 * Tables of state that must survive but is never exported: operation records, queued nudges, respawn intents,
 * merge runs and verdicts, scheduler pause, heartbeats. Rows are JSON, keyed by a string, with a revision.
 */
export type RuntimeTable =
  | "operations"
  | "nudges"
  | "sessions"
  | "merge_runs"
  | "verdicts"
  | "scheduler"
  | "duties"
  | "patrols"
  | (string & {});

/** A line for the event log that is written if and only if the batch is applied (spec/06 §9.2). */
export interface BatchEvent {
  readonly type: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** That of its type without it. */
  readonly visibility?: "feed" | "audit";
  readonly source?: "gt" | "bd" | "daemon" | "host";
}
