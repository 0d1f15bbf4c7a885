import type { Health } from "../../core/health/assess.ts";
import type { RestartSeries } from "../../core/health/restart-series.ts";
import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { SessionRecord } from "../sessions/session-host.ts";

/** One polecat as a sweep of the Witness sees it: ledger, host and worktree at one moment (spec/04 §9.1). */
export interface WorkerView {
  readonly agent: Agent;
  /** The bead on its hook. */
  readonly bead?: Bead;
  /** Newest record of its session, alive or ended. */
  readonly session?: SessionRecord;
  /** False while the session host does not answer: then nothing is known about sessions. */
  readonly isHostKnown: boolean;
  /** A command is changing this agent right now. */
  readonly isOperating: boolean;
  readonly hasWorktree: boolean;
  /** Its whole place in the rig is there, with or without a worktree in it. */
  readonly hasPlace: boolean;
  /** The terminal lives, but the process that we started in it does not (W2). */
  readonly isRuntimeGone: boolean;
  /** It said of itself, just now, that it is about to end. */
  readonly isExiting: boolean;
  /** All commits of its assignment are on their target. Only known of a dead one that is about to be acted upon (W1). */
  readonly hasLanded: boolean;
  /** Its bead is closed although its own commits have neither landed nor been handed in (W23). */
  readonly isUnsubmitted: boolean;
  /** What an idle sandbox looks like from outside; it changes when somebody works in it. Nothing for others (W11). */
  readonly leftoverMark?: string;
  readonly health: Health;
  /** When anything strong was last achieved (spec/04 §1.6). */
  readonly strongAt: number;
  readonly memory: WorkerMemory;
}

/**
 * What the Witness has already done about an agent in its present assignment, kept in the ledger (`patrols` rows) so that
 * limits survive a restart of the daemon.
 */
export interface WorkerMemory {
  /** `hook_seq` of the assignment; another one starts from nothing. */
  readonly seq: number;
  readonly restarts: RestartSeries;
  /** How often a detection has acted, and when last. */
  readonly acted: Readonly<Record<string, { readonly count: number; readonly at: number }>>;
  /** Restarts because the host or the machine was lost. */
  readonly losses: number;
  /** Run of the session whose loss was counted last: a start that failed after it is no other loss. */
  readonly lostRun?: string;
  /** `leftoverMark` of the idle sandbox when it was last looked through. */
  readonly tidied?: string;
}

export const noMemory = (seq: number): WorkerMemory => ({
  seq,
  restarts: { restartedAt: [] },
  acted: {},
  losses: 0,
});
