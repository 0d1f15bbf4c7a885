import type { LedgerDatabase } from "./database.ts";

/** A line for the event log that was committed with its batch and is not appended yet (spec/01 §7.4). */
export interface OutboxEntry {
  readonly seq: number;
  readonly n: number;
  /** One JSON object without the line break. */
  readonly line: string;
}

/** Lines this old belong to a writer that died before it could append them. */
const orphanedAfterMs = 2_000;

/** Stores a line in the current transaction; returns its number among those of the same sequence. */
export function addToOutbox(database: LedgerDatabase, seq: number, line: string): number {
  const n = database.value<number>("SELECT ifnull(max(n) + 1, 0) FROM outbox WHERE seq = ?", seq) ?? 0;
  database.run("INSERT INTO outbox (seq, n, line) VALUES (?, ?, ?)", seq, n, line);
  return n;
}

/** Lines that somebody committed and did not append. */
export function orphanedLines(database: LedgerDatabase, now: number): readonly OutboxEntry[] {
  const entries = database.all<{ seq: number; n: number; line: string }>(
    "SELECT seq, n, line FROM outbox ORDER BY seq, n LIMIT 1000",
  );
  return entries.filter(({ line }) => {
    const { ts } = JSON.parse(line) as { ts: string };
    return Date.parse(ts) <= now - orphanedAfterMs;
  });
}

export function removeFromOutbox(database: LedgerDatabase, entries: readonly OutboxEntry[]): void {
  for (const { seq, n } of entries) database.run("DELETE FROM outbox WHERE seq = ? AND n = ?", seq, n);
}
