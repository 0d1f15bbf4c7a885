/** Id of a bead, e.g. `gt-k3x9a.2` (spec/01 §3.1). */
export type BeadId = string;
/** Canonical address of whoever acts, e.g. `web/polecats/nux`, `mayor/`, `overseer` (spec/06 §1.1). */
export type ActorAddress = string;
/** Milliseconds since the epoch, UTC. */
export type Time = number;

/** Built-in statuses; a town may add custom ones, so the type stays open (spec/01 §2.2). */
export type Status =
  | "open"
  | "in_progress"
  | "hooked"
  | "blocked"
  | "deferred"
  | "pinned"
  | "closed"
  | (string & {});

export type Outcome = "" | "success" | "failure" | "skipped";

/** One typed, attributed, dependency-linked record (spec/01 §2.1). Strings default to "", lists to empty. */
export interface Bead {
  readonly id: BeadId;
  /** `town`, a rig name, or `local` in a standalone repository. */
  readonly scope: string;
  /** Grows by one with every recorded write. */
  readonly rev: number;
  readonly title: string;
  readonly description: string;
  readonly design: string;
  readonly acceptanceCriteria: string;
  readonly notes: string;
  readonly specId: string;
  readonly status: Status;
  /** 0 critical .. 4 backlog. */
  readonly priority: number;
  readonly type: string;
  readonly assignee: ActorAddress;
  readonly owner: string;
  readonly estimatedMinutes?: number;
  readonly createdAt: Time;
  readonly createdBy: ActorAddress;
  readonly updatedAt: Time;
  readonly updatedBy: ActorAddress;
  readonly startedAt?: Time;
  readonly closedAt?: Time;
  readonly closeReason: string;
  readonly outcome: Outcome;
  readonly closedBySession: string;
  readonly dueAt?: Time;
  readonly deferUntil?: Time;
  readonly externalRef?: string;
  readonly sourceSystem: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
  readonly sender: string;
  readonly ephemeral: boolean;
  readonly noHistory: boolean;
  readonly wispType: string;
  readonly pinned: boolean;
  readonly isTemplate: boolean;
  readonly awaitType: string;
  readonly awaitId: string;
  readonly timeoutNs: number;
  readonly waiters: readonly string[];
  readonly molType: string;
  readonly workType: string;
  readonly eventKind: string;
  readonly actor: string;
  readonly target: string;
  readonly payload: string;
  readonly sourceFormula: string;
  readonly sourceLocation: string;
  /** Materialised: an active bead, or a parent it inherits from, stands in the way (spec/01 §4.2). */
  readonly isBlocked: boolean;
  /** Unknown JSON keys, kept verbatim in their order. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export type DependencyType =
  | "blocks"
  | "conditional-blocks"
  | "waits-for"
  | "parent-child"
  | "tracks"
  | (string & {});

/** `from` depends on `to`; for `parent-child`, `from` is the child (spec/01 §4.1). */
export interface Dependency {
  readonly from: BeadId;
  readonly to: string;
  readonly type: DependencyType;
  readonly createdAt: Time;
  readonly createdBy: ActorAddress;
  readonly metadata: string;
  readonly threadId: string;
}

export interface Comment {
  readonly id: string;
  readonly beadId: BeadId;
  readonly author: ActorAddress;
  readonly text: string;
  readonly createdAt: Time;
}

export type AgentState =
  | "spawning"
  | "working"
  | "done"
  | "idle"
  | "stuck"
  | "awaiting-gate"
  | "paused"
  | "running"
  | "stopped"
  | "nuked";

export type HookState = "" | "created" | "active" | "suspended" | "completed" | "archived";

export type Role = "mayor" | "deacon" | "boot" | "dog" | "witness" | "refinery" | "crew" | "polecat";

/** The row of real columns beside an agent's bead (spec/01 §6.1, meaning in spec/04 §1.2). */
export interface Agent {
  /** Id of the agent's bead, e.g. `gt-web-polecat-nux`. */
  readonly id: BeadId;
  readonly address: ActorAddress;
  readonly role: Role;
  readonly rig: string;
  readonly name: string;
  readonly state: AgentState;
  readonly hookBead: BeadId;
  readonly hookState: HookState;
  /** Number of the assignment, growing by one with each. */
  readonly hookSeq: number;
  readonly cleanupStatus: string;
  readonly activeMr: string;
  readonly notificationLevel: "verbose" | "normal" | "muted";
  readonly mode: "" | "ralph";
  readonly runtime: string;
  readonly sessionId: string;
  readonly branch: string;
  readonly baseBranch: string;
  readonly baseSha: string;
  readonly exitType: string;
  readonly mrId: string;
  readonly mrFailed: boolean;
  readonly pushFailed: boolean;
  readonly completionTime?: Time;
  readonly restarts: number;
  readonly crashLoopSince?: Time;
  /** Id of the last operation whose ledger batch was applied (spec/04 §0.3). */
  readonly lastOp: string;
  readonly lastActivity?: Time;
  readonly lastProgressAt?: Time;
  readonly lastSessionAt?: Time;
}
