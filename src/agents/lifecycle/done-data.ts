import type { AgentState } from "../../core/ledger/bead.ts";
import type { MergeStrategy } from "./attachment.ts";

/** `PHASE_COMPLETE`: the work waits for a gate; the hook stays. */
export type DoneExit = "COMPLETED" | "DEFERRED" | "ESCALATED" | "PHASE_COMPLETE";

/** How completed work reaches its target; `nothing`: there is nothing to bring. */
export type DoneRoute = MergeStrategy | "no-merge" | "review-only" | "nothing";

/** What the record of a `gt done` holds: enough to go on with it without the process that began it (spec/04 §5.3). */
export interface DoneData {
  readonly exit: DoneExit;
  readonly bead: string;
  readonly worktree: string;
  readonly hasWorktree: boolean;
  readonly branch: string;
  /** The worktree stands on no branch, as in a rebase: nothing is committed there, and what it stands on is kept. */
  readonly isDetached?: boolean;
  /** Head of the branch, known from step `push` on. */
  readonly head: string;
  readonly target: string;
  readonly route: DoneRoute;
  /** Whoever reviews the work does it in a pull request. */
  readonly wantsPullRequest?: boolean;
  /** The one that was opened. */
  readonly pullRequest?: { readonly number: number; readonly url: string };
  readonly message: string;
  readonly isTold?: boolean;
  /** Gate that a `PHASE_COMPLETE` waits for. */
  readonly gate?: string;
  readonly priority: number | null;
  readonly isPreVerified: boolean;
  readonly push: "pushed" | "skipped" | "failed";
  readonly mr: string;
  readonly session: string;
  readonly warnings: readonly string[];
}

/** What `gt done` tells when it is over. */
export interface DoneReport {
  readonly exit: DoneExit;
  readonly issue: string;
  readonly branch: string;
  readonly head: string;
  readonly target: string;
  readonly mr: string;
  /** Of the merge request. */
  readonly priority?: number;
  readonly strategy: DoneRoute;
  readonly push: DoneData["push"];
  readonly state: AgentState;
  /** Somebody had begun it and died; it was brought to its end. */
  readonly resumed: boolean;
  readonly warnings: readonly string[];
}
