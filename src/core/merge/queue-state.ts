/** Full id of a commit or tree. */
export type Sha = string;

/** What the queue's decisions need to know of a merge request (spec/05 §2.14). Times in milliseconds. */
export interface MrInput {
  readonly id: string;
  readonly target: string;
  readonly strategy: "mr" | "pr";
  readonly head: Sha;
  /** 0..4, 0 most urgent. */
  readonly priority: number;
  readonly createdAt: number;
  readonly convoyCreatedAt?: number;
  /** Conflict cycles so far. */
  readonly retryCount: number;
  /** Open blockers. Eligible only when each of them is an earlier member of the same batch. */
  readonly dependsOn: readonly string[];
  /** Released by a run that ended without it: it does not wait for company again. */
  readonly carried: boolean;
  /** Runs of it that ended in an error or a killed process. */
  readonly crashes: number;
}

/** The settings of spec/05 §4.3 that steer decisions. */
export interface QueuePolicy {
  readonly maxBatchSize: number;
  readonly adaptive: boolean;
  readonly batchWaitMs: number;
  /** Re-runs that confirm a decisive red; 0 believes the first. */
  readonly retryFlaky: number;
  readonly retryBatchOnFlaky: boolean;
  readonly earlyLand: boolean;
  /** Gate runs at once inside one search (`speculation: bisect`); 1 = one after another. */
  readonly probes: number;
}

export interface TargetState {
  /** No run for this target before `until`. */
  readonly hold?: { readonly because: string; readonly until: number };
  /** The target itself fails its gates (spec/05 §2.7). */
  readonly red?: RedTarget;
  /** Pushes lost to somebody else, in a row. */
  readonly moves: number;
  /** Runs that ended in an error, in a row. */
  readonly errors: number;
  /** The last decided requests, oldest first; `true` = culprit. At most 50. */
  readonly decided: readonly boolean[];
  /** The last batch was made of P0 only, so that a normal one may come first if it has waited long. */
  readonly urgentLast: boolean;
}

export interface RedTarget {
  readonly base: Sha;
  /** Requests that did not repair this base. */
  readonly tried: readonly string[];
  /** When the base alone is gated again. */
  readonly probeAt: number;
  /** When the target is looked at again for a new commit. */
  readonly lookAt: number;
}

export interface StackItem {
  readonly id: string;
  readonly landing: Sha;
  readonly tree: Sha;
}

export interface StackedItem extends StackItem {
  /** The verdict store knows this tree. */
  readonly known?: "green";
}

/** Why an item did not make it onto the stack. */
export interface StackRefusal {
  readonly id: string;
  readonly kind: "conflict" | "deferred" | "missing" | "not_ff";
  /** Members of the batch that it waits for. */
  readonly behind?: readonly string[];
  readonly files?: readonly string[];
}

/** One prefix of the stack; index 0 is the base. */
export interface Probe {
  /** `null` = unknown. */
  readonly verdict: "green" | "red" | null;
  /** A red that was seen again on a re-run. */
  readonly confirmed: boolean;
  /** Gate commands given for it so far. */
  readonly attempts: number;
  readonly reruns: number;
  readonly failed: readonly string[];
  readonly flying: boolean;
}

export interface Run {
  readonly target: string;
  /** `arriving`: a push was interrupted and the next look decides whether it arrived. */
  readonly phase: "syncing" | "stacking" | "searching" | "arriving";
  /** `solo`: the target is red and one request tries to repair it. `base`: only the base is gated. */
  readonly purpose: "batch" | "solo" | "base";
  /** Members that were asked for, in order. */
  readonly ids: readonly string[];
  readonly base: Sha;
  /** The target's commit as we know it: the base, then what we pushed. */
  readonly expect: Sha;
  readonly items: readonly StackItem[];
  /** n + 1 entries once stacked. */
  readonly probes: readonly Probe[];
  /** Items on the target. */
  readonly landed: number;
  readonly pushing: number | null;
  readonly withdrawn: readonly string[];
  /** Gate runs that could not be made. */
  readonly errors: number;
  /** A gate that could not be run is tried again then. */
  readonly retry: { readonly prefix: number; readonly at: number } | null;
}

/** Everything that decides; plain JSON. */
export interface QueueState {
  readonly now: number;
  readonly policy: QueuePolicy;
  readonly queue: readonly MrInput[];
  readonly run: Run | null;
  readonly targets: Readonly<Record<string, TargetState>>;
}

/** What was found out or happened. */
export type Fact =
  | { readonly t: "clock"; readonly now: number }
  /** A new request, or new values of a waiting one. */
  | { readonly t: "arrived"; readonly mr: MrInput }
  | { readonly t: "withdrawn"; readonly id: string }
  | {
      readonly t: "synced";
      readonly target: string;
      readonly base: Sha;
      /** Waiting requests that are on the target already. */
      readonly landed: readonly string[];
      readonly baseGreen: boolean;
    }
  /** The queue is told to stop: its run ends before any further push. */
  | { readonly t: "stopped" }
  | { readonly t: "syncFailed"; readonly target: string; readonly because: string; readonly retryMs: number }
  | {
      readonly t: "stacked";
      readonly items: readonly StackedItem[];
      readonly out: readonly StackRefusal[];
    }
  /** Prefix 0 is the base. `failed` names the gates that failed or were killed with them. */
  | {
      readonly t: "gated";
      readonly prefix: number;
      readonly attempt: number;
      readonly verdict: "green" | "red" | "error";
      readonly failed: readonly string[];
      /** Whether a red needs no further confirmation; by the policy's number of re-runs when left out. */
      readonly isFinal?: boolean;
    }
  /** May be less than what was asked for: pull requests land one by one. */
  | { readonly t: "pushed"; readonly upTo: number }
  /**
   * `waiting`: a pull request is not ready yet; its own hold says until when. `withdrawn`: nothing was pushed, because a
   * member was taken back meanwhile; a fact of its own says which.
   */
  | {
      readonly t: "pushFailed";
      readonly kind: "moved" | "denied" | "dirty" | "infra" | "waiting" | "withdrawn";
    };

/** What is to be done, in order. */
export type Command =
  | { readonly do: "sync"; readonly target: string }
  /** Claim the requests and build their stack. */
  | { readonly do: "stack"; readonly target: string; readonly base: Sha; readonly ids: readonly string[] }
  /** `only`: a re-run of the gates that failed. */
  | {
      readonly do: "gate";
      readonly prefix: number;
      readonly attempt: number;
      readonly only?: readonly string[];
    }
  | { readonly do: "cancel"; readonly prefix: number }
  | { readonly do: "push"; readonly upTo: number; readonly expect: Sha }
  | { readonly do: "finalise"; readonly ids: readonly string[] }
  | { readonly do: "eject"; readonly id: string; readonly greenPrefix: number; readonly redPrefix: number }
  | {
      readonly do: "conflict";
      readonly id: string;
      readonly kind: "conflict" | "not_ff";
      readonly files: readonly string[];
    }
  | { readonly do: "missing"; readonly id: string }
  | { readonly do: "quarantine"; readonly id: string; readonly because: string }
  /** Back to the queue, uncharged. */
  | { readonly do: "release"; readonly ids: readonly string[]; readonly because: string }
  /** Withdrawn while running and not landed: close it for the reason that it was withdrawn for. */
  | { readonly do: "drop"; readonly id: string }
  | {
      readonly do: "targetRed";
      readonly target: string;
      readonly base: Sha;
      readonly failed: readonly string[];
    }
  | { readonly do: "targetGreen"; readonly target: string }
  | { readonly do: "hold"; readonly target: string; readonly because: string; readonly until: number }
  /** The run is over; its record may be closed. */
  | { readonly do: "finish"; readonly target: string; readonly aborted: boolean }
  /** Look again then, even if nothing happens. */
  | { readonly do: "wake"; readonly at: number };

export const emptyTarget: TargetState = { moves: 0, errors: 0, decided: [], urgentLast: false };

/** A queue that has not seen anything yet. */
export function emptyQueue(policy: QueuePolicy, now: number): QueueState {
  return { now, policy, queue: [], run: null, targets: {} };
}
