import type { Clock } from "../clock.ts";
import type { Operation } from "../ledger/operation.ts";
import { type Random, randomWord } from "../random.ts";
import type { Severity } from "./escalation.ts";

/**
 * What is still to be told about an escalation: a row written with it, and removed when it is done. A crash in between
 * loses no notification; a second one is possible (spec/06 §8.3).
 */
export interface Notice {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** Canonical address of who raised it. */
  readonly by: string;
  /** Addresses that have a mail. */
  readonly mailed: readonly string[];
  /** Actions of the route beyond mail. */
  readonly actions: readonly string[];
  /** Deliveries that failed so far. */
  readonly attempts: number;
  /** From here on the daemon does it, in milliseconds since the epoch. */
  readonly dueAt: number;
}

export const noticeTable = "escalation_notices";

/** Whoever raised it tells about it at once, as long as it lives. */
const leftToCallerMs = 20_000;
const retryMs: readonly number[] = [60_000, 5 * 60_000, 15 * 60_000];

export function puttingNotice(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  facts: Omit<Notice, "attempts" | "dueAt">,
): readonly Operation[] {
  const { id, severity, title, by, mailed, actions } = facts;
  if (mailed.length === 0 && actions.length === 0) return [];
  const dueAt = clock.now() + leftToCallerMs;
  const value: Notice = { id, severity, title, by, mailed, actions, attempts: 0, dueAt };
  return [{ op: "putRow", table: noticeTable, key: `${id}/${randomWord(random, 6)}`, value }];
}

export interface ActionOutcome {
  readonly action: string;
  /** Empty when it did not fail. */
  readonly error: string;
  /** Why it was not done at all: nobody has set it up. Empty otherwise. */
  readonly warning: string;
}

/**
 * What becomes of a notice after its actions: done, or for those that failed tried again later, or given up with an
 * event each. The escalation keeps a comment of each outcome, so that its chain can be read.
 */
export function settlingNotice(
  key: string,
  notice: Notice,
  outcomes: readonly ActionOutcome[],
  now: number,
): readonly Operation[] {
  const failed = outcomes.filter(({ error }) => error !== "");
  return [...noting(notice, outcomes), ...settlingRow(key, notice, failed, now)];
}

function noting(notice: Notice, outcomes: readonly ActionOutcome[]): readonly Operation[] {
  const lines = [
    ...(notice.mailed.length === 0 ? [] : [`Mailed: ${notice.mailed.join(", ")}`]),
    ...outcomes.map(({ action, error, warning }) =>
      error === ""
        ? warning === ""
          ? `Told by ${action}`
          : warning
        : `Delivery failed [${action}]: ${error}`,
    ),
  ];
  if (lines.length === 0) return [];
  return [{ op: "comment", id: notice.id, text: lines.join("\n"), author: notice.by }];
}

function settlingRow(
  key: string,
  notice: Notice,
  failed: readonly ActionOutcome[],
  now: number,
): readonly Operation[] {
  const wait = retryMs[notice.attempts];
  if (failed.length > 0 && wait !== undefined) {
    const value: Notice = {
      ...notice,
      mailed: [],
      actions: failed.map(({ action }) => action),
      attempts: notice.attempts + 1,
      dueAt: now + wait,
    };
    return [{ op: "putRow", table: noticeTable, key, value }];
  }
  return [
    { op: "deleteRow", table: noticeTable, key },
    ...failed.map(
      ({ action, error }): Operation => ({
        op: "event",
        event: {
          type: "escalation_delivery_failed",
          payload: { escalation_id: notice.id, channel: action, error },
        },
      }),
    ),
  ];
}
