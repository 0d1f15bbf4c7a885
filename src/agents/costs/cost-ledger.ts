import { GtError } from "../../core/gt-error.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { addTokens, noTokens, subtractTokens, type Tokens } from "./usage.ts";

/** Who spent it. */
export interface Spender {
  readonly sessionId: string;
  readonly session: string;
  readonly actor: string;
  readonly role: string;
  readonly rig: string;
  readonly agent: string;
}

/** What one conversation spent on one bead on one day; a runtime row (spec/03 §10.2). */
export interface CostLine extends Spender {
  /** Local date, `2026-01-31`. */
  readonly day: string;
  readonly workItem: string;
  readonly model: string;
  readonly tokens: Tokens;
  /** Null when the runtime says nothing about its usage. */
  readonly usd: number | null;
  readonly isGuess: boolean;
  readonly at: number;
}

/** What has been booked of a conversation so far. */
export interface Booked {
  readonly tokens: Tokens;
  readonly usd: number;
  readonly at: number;
  /** Parts of the session's budget, in percent, that were announced. */
  readonly warned?: number;
}

const lineTable = "costs";
const bookedTable = "cost_totals";
const keptDays = 90;
const dayMs = 86_400_000;

export function localDay(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export interface Measured {
  readonly model: string;
  /** All that the conversation has used until now. */
  readonly tokens: Tokens;
  readonly usd: number;
  readonly isGuess: boolean;
}

/**
 * Books what a conversation has used since it was booked last, on today and on the bead that is on the hook now. Booking
 * the same measurement again changes nothing.
 */
export async function bookCosts(
  ledger: Ledger,
  spender: Spender,
  measured: Measured | undefined,
  { workItem, now }: { readonly workItem: string; readonly now: number },
): Promise<Booked> {
  for (;;) {
    const row = await ledger.row<Booked>(bookedTable, spender.sessionId);
    const before = row?.value ?? { tokens: noTokens, usd: 0, at: 0 };
    const tokens = measured?.tokens ?? before.tokens;
    // A transcript that lost its beginning is counted from anew, not backwards.
    const hasShrunk = measured !== undefined && measured.usd < before.usd;
    const usd = measured === undefined ? null : hasShrunk ? measured.usd : measured.usd - before.usd;
    const day = localDay(now);
    const key = `${day}/${spender.sessionId}/${workItem}`;
    const old = (await ledger.row<CostLine>(lineTable, key))?.value;
    const spent = hasShrunk ? tokens : subtractTokens(tokens, before.tokens);
    const line: CostLine = {
      ...spender,
      ...{ day, workItem, at: now },
      model: measured?.model ?? old?.model ?? "",
      tokens: addTokens(old?.tokens ?? noTokens, spent),
      usd: usd === null ? (old?.usd ?? null) : (old?.usd ?? 0) + usd,
      isGuess: measured?.isGuess ?? old?.isGuess ?? false,
    };
    const booked: Booked = { ...before, tokens, usd: measured?.usd ?? before.usd, at: now };
    try {
      await ledger.write(spender.actor, [
        { op: "expectRow", table: bookedTable, key: spender.sessionId, rev: row?.rev ?? null },
        { op: "putRow", table: bookedTable, key: spender.sessionId, value: booked },
        { op: "putRow", table: lineTable, key, value: line },
      ]);
      return booked;
    } catch (error) {
      // Somebody booked the same conversation at the same time: what is left is booked on top.
      if (!(error instanceof GtError && error.code === "E_CONFLICT")) throw error;
    }
  }
}

/** Lines of the days from `from` on, oldest first. */
export async function costLines(ledger: Ledger, from = ""): Promise<readonly CostLine[]> {
  const rows = await ledger.rows<CostLine>(lineTable);
  return rows.map((row) => row.value).filter((line) => line.day >= from);
}

/** What was spent on a day, in USD. */
export async function spentOn(ledger: Ledger, day: string): Promise<number> {
  const rows = await ledger.rows<CostLine>(lineTable, { prefix: `${day}/` });
  return rows.reduce((sum, row) => sum + (row.value.usd ?? 0), 0);
}

export async function bookedOf(ledger: Ledger, sessionId: string): Promise<Booked | undefined> {
  return (await ledger.row<Booked>(bookedTable, sessionId))?.value;
}

/** That a part of the session's budget has been announced. */
export function markWarned(sessionId: string, booked: Booked, warned: number): Operation {
  return { op: "putRow", table: bookedTable, key: sessionId, value: { ...booked, warned } };
}

/** Forgets what is older than three months. */
export async function trimCosts(ledger: Ledger, now: number): Promise<void> {
  const oldest = localDay(now - keptDays * dayMs);
  const [lines, booked] = await Promise.all([
    ledger.rows<CostLine>(lineTable),
    ledger.rows<Booked>(bookedTable),
  ]);
  const operations: readonly Operation[] = [
    ...lines
      .filter(({ value }) => value.day < oldest)
      .map(({ key }) => ({ op: "deleteRow", table: lineTable, key }) as const),
    ...booked
      .filter(({ value }) => value.at < now - keptDays * dayMs)
      .map(({ key }) => ({ op: "deleteRow", table: bookedTable, key }) as const),
  ];
  if (operations.length > 0) await ledger.write("system", operations);
}
