import type { SqliteLedger } from "../store/sqlite-ledger.ts";

/** When writes reach the exported file. Apart from the export itself: every `bd` command asks this. */
export interface ExportPace {
  /** Quiet time after the last write: 30 s in a town, 5 s standalone. */
  readonly debounceMs: number;
  /** Longest wait after the first unexported write: 15 min, 60 s. */
  readonly intervalMs: number;
}

export const townPace: ExportPace = { debounceMs: 30_000, intervalMs: 15 * 60_000 };
export const standalonePace: ExportPace = { debounceMs: 5_000, intervalMs: 60_000 };

/** Whether the scope has writes that should be exported now (spec/01 §9.1). */
export function isExportDue(ledger: SqliteLedger, scope: string, pace: ExportPace, now: number): boolean {
  const { database } = ledger;
  const last = database.value<number>(
    "SELECT e.created_at FROM dirty d JOIN events e ON e.seq = d.seq WHERE d.scope = ? ORDER BY d.seq DESC LIMIT 1",
    scope,
  );
  if (last === undefined) return false;
  if (now - last >= pace.debounceMs) return true;
  const exported = database.value<number>("SELECT seq FROM export_state WHERE scope = ?", scope) ?? 0;
  const first = database.value<number>(
    "SELECT created_at FROM events WHERE seq > ? AND scope = ? ORDER BY seq LIMIT 1",
    exported,
    scope,
  );
  return first !== undefined && now - first >= pace.intervalMs;
}

/** Whether there are writes that no file has yet. */
export function hasUnexported(ledger: SqliteLedger): boolean {
  return ledger.database.value<number>("SELECT 1 FROM dirty LIMIT 1") !== undefined;
}

/** Scopes with writes that no file has yet. */
export function dirtyScopes(ledger: SqliteLedger): readonly string[] {
  return ledger.database.values<string>("SELECT DISTINCT scope FROM dirty ORDER BY scope");
}
