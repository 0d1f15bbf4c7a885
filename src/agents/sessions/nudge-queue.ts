import { GtError } from "../../core/gt-error.ts";
import type { Ledger, RuntimeRow } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";

export type NudgePriority = "normal" | "urgent";
export type NudgeMode = "wait-idle" | "queue" | "immediate";

/** One message on its way to a session: a row of the ledger's runtime table `nudges` (spec/03 §7.4). */
export interface Nudge {
  readonly id: string;
  readonly session: string;
  /** Canonical address of the recipient. */
  readonly to: string;
  readonly sender: string;
  readonly message: string;
  readonly priority: NudgePriority;
  readonly mode: NudgeMode;
  /** `say` is shown with its sender; `instruct` is typed as it is, as our own start-up texts are. */
  readonly kind: "say" | "instruct";
  /** Part of a broadcast, which has one event for all. */
  readonly isQuiet?: boolean;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly deliverAfter?: number;
  /** Deliveries that failed so far. */
  readonly attempts: number;
  /** Somebody is handing it over right now: the session's run, since when. */
  readonly claim?: { readonly run: string; readonly at: number };
  /** Given up; kept for a while so that people can see it. */
  readonly failed?: string;
}

export interface QueueLimits {
  readonly maxDepth: number;
  /** A claim older than this belongs to somebody who died. */
  readonly staleClaimMs: number;
}

export const defaultLimits: QueueLimits = { maxDepth: 50, staleClaimMs: 5 * 60_000 };

/** Urgent messages may exceed the limit by this many. */
const urgentReserve = 10;
const keepFailedMs = 24 * 3_600_000;
const table = "nudges";

/** Puts the nudge into its session's queue, durably, together with `also`. `E_NUDGE_FULL` when too many wait already. */
export async function enqueue(
  ledger: Ledger,
  actor: string,
  nudge: Nudge,
  limits: QueueLimits = defaultLimits,
  also: readonly Operation[] = [],
): Promise<void> {
  const waiting = await pending(ledger, nudge.session, nudge.createdAt);
  const limit = limits.maxDepth + (nudge.priority === "urgent" ? urgentReserve : 0);
  if (waiting.length >= limit) {
    throw new GtError(
      "E_NUDGE_FULL",
      `nudge queue for ${nudge.session} is full (${waiting.length}/${limits.maxDepth} pending)`,
      { hint: `gt peek ${nudge.to}` },
    );
  }
  await ledger.write(actor, [{ op: "putRow", table, key: keyOf(nudge), value: nudge }, ...also]);
}

/** Messages that wait for the session, in the order of their delivery: urgent first, then by age. */
export async function pending(ledger: Ledger, session: string, now: number): Promise<readonly Nudge[]> {
  return (await rowsOf(ledger, session))
    .map((row) => row.value)
    .filter((nudge) => nudge.failed === undefined && nudge.expiresAt > now);
}

/** All rows of the queue, failed and expired ones included. */
export async function allNudges(ledger: Ledger, session?: string): Promise<readonly Nudge[]> {
  return (await rowsOf(ledger, session)).map((row) => row.value);
}

export interface ClaimRequest {
  readonly session: string;
  readonly run: string;
  readonly limit: number;
  readonly now: number;
  readonly accepts?: (nudge: Nudge) => boolean;
  /** Together the messages are not longer, unless the first alone is. */
  readonly maxCharacters?: number;
  readonly limits?: QueueLimits;
}

/**
 * Takes the next messages for one handing-over, atomically: no other host, hook or command gets the same. A claim of a
 * run that is over, or an old one, is free again. Expired messages are settled on the way.
 */
export async function claim(ledger: Ledger, request: ClaimRequest): Promise<readonly Nudge[]> {
  const { session, run, now, limits = defaultLimits, accepts = () => true } = request;
  for (;;) {
    const rows = await rowsOf(ledger, session);
    if (rows.length === 0) return [];
    await settleOld(ledger, rows, now);
    const free = rows.filter(({ value: nudge }) => {
      const { claim: held } = nudge;
      const isHeld = held !== undefined && held.run === run && now - held.at < limits.staleClaimMs;
      const isDue = nudge.expiresAt > now && (nudge.deliverAfter ?? 0) <= now;
      return nudge.failed === undefined && !isHeld && isDue && accepts(nudge);
    });
    const taken = within(free.slice(0, request.limit), request.maxCharacters ?? Infinity);
    if (taken.length === 0) return [];
    const claimed = taken.map(({ value }): Nudge => ({ ...value, claim: { run, at: now } }));
    const operations = taken.flatMap((row, index): readonly Operation[] => [
      { op: "expectRow", table, key: row.key, rev: row.rev },
      { op: "putRow", table, key: row.key, value: claimed[index] },
    ]);
    try {
      await ledger.write("system", operations);
      return claimed;
    } catch (error) {
      if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
    }
  }
}

function within(rows: readonly RuntimeRow<Nudge>[], maxCharacters: number): readonly RuntimeRow<Nudge>[] {
  let total = 0;
  const end = rows.findIndex(({ value }, index) => {
    total += value.message.length;
    return index > 0 && total > maxCharacters;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

export type NudgeResult = "acknowledged" | "typed" | "failed" | "expired" | "cancelled";

/** The message has found its end: it leaves the queue and the event log says how. */
export async function settle(
  ledger: Ledger,
  actor: string,
  nudge: Nudge,
  result: NudgeResult,
  why = "",
): Promise<void> {
  const { claim: _, ...rest } = nudge;
  await ledger.write(actor, [
    result === "failed"
      ? { op: "putRow", table, key: keyOf(nudge), value: { ...rest, failed: why } satisfies Nudge }
      : { op: "deleteRow", table, key: keyOf(nudge) },
    ...(nudge.kind === "say" && nudge.isQuiet !== true ? [nudgeEvent(nudge, result)] : []),
  ]);
}

/** Puts claimed messages back at their places; `attempted` when a delivery was tried and failed. */
export async function unclaim(
  ledger: Ledger,
  nudges: readonly Nudge[],
  options: { readonly attempted: boolean },
): Promise<void> {
  const operations = nudges.map((nudge): Operation => {
    const { claim: _, ...rest } = nudge;
    const attempts = nudge.attempts + (options.attempted ? 1 : 0);
    return { op: "putRow", table, key: keyOf(nudge), value: { ...rest, attempts } satisfies Nudge };
  });
  if (operations.length > 0) await ledger.write("system", operations);
}

/** A message that waits for the end of a limit is worth telling for so long afterwards. */
const afterLimitMs = 30 * 60_000;

/** When a message for an agent at its limit expires: nobody can tell it before the limit's end. */
export function expiryAtLimit(expiresAt: number, limitedUntil: number): number {
  return Math.max(expiresAt, limitedUntil + afterLimitMs);
}

/** The session has reached a limit: what waits for it outlasts that. */
export async function outlastLimit(ledger: Ledger, session: string, limitedUntil: number): Promise<void> {
  for (;;) {
    const short = (await rowsOf(ledger, session)).filter(
      ({ value }) => value.expiresAt < expiryAtLimit(value.expiresAt, limitedUntil),
    );
    if (short.length === 0) return;
    try {
      await ledger.write(
        "system",
        short.flatMap(({ key, rev, value }): readonly Operation[] => [
          { op: "expectRow", table, key, rev },
          {
            op: "putRow",
            ...{ table, key },
            value: { ...value, expiresAt: expiryAtLimit(value.expiresAt, limitedUntil) } satisfies Nudge,
          },
        ]),
      );
    } catch (error) {
      if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
    }
  }
}

/** Drops everything that waits for a session that will never read it. */
export async function dropQueue(ledger: Ledger, session: string): Promise<number> {
  const rows = await rowsOf(ledger, session);
  const dropped = rows.filter((row) => row.value.failed === undefined);
  if (dropped.length === 0) return 0;
  await ledger.write("system", [
    ...dropped.map((row): Operation => ({ op: "deleteRow", table, key: row.key })),
    expiredEvent(session, dropped.length),
  ]);
  return dropped.length;
}

export function nudgeEvent(
  nudge: Omit<Nudge, "createdAt" | "expiresAt" | "attempts">,
  result: string,
): Operation {
  return {
    op: "event",
    event: {
      type: "nudge",
      payload: {
        target: nudge.to,
        reason: nudge.message.slice(0, 120),
        mode: nudge.mode,
        result,
        id: nudge.id,
        priority: nudge.priority,
      },
      visibility: "feed",
    },
  };
}

async function settleOld(ledger: Ledger, rows: readonly RuntimeRow<Nudge>[], now: number): Promise<void> {
  const expired = rows.filter(({ value }) => value.failed === undefined && value.expiresAt <= now);
  const forgotten = rows.filter(
    ({ value }) => value.failed !== undefined && now - value.createdAt > keepFailedMs,
  );
  if (expired.length + forgotten.length === 0) return;
  await ledger.write("system", [
    ...[...expired, ...forgotten].map((row): Operation => ({ op: "deleteRow", table, key: row.key })),
    ...(expired.length === 0 ? [] : [expiredEvent(expired[0]?.value.session ?? "", expired.length)]),
  ]);
}

function expiredEvent(session: string, count: number): Operation {
  return { op: "event", event: { type: "nudge_expired", payload: { session, count }, visibility: "audit" } };
}

async function rowsOf(ledger: Ledger, session?: string): Promise<readonly RuntimeRow<Nudge>[]> {
  const rows = await ledger.rows<Nudge>(table, session === undefined ? {} : { prefix: `${session}/` });
  return [...rows].sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** Sorts as messages are delivered: urgent before normal, older before younger. */
function keyOf(nudge: Nudge): string {
  const rank = nudge.priority === "urgent" ? 0 : 1;
  return `${nudge.session}/${rank}/${String(nudge.createdAt).padStart(14, "0")}-${nudge.id}`;
}
