import { stat } from "node:fs/promises";
import { GtError } from "../../gt-error.ts";
import { type ExportPace, isExportDue } from "../jsonl/export-pace.ts";
import { exportScope } from "../jsonl/export-scope.ts";
import { importChangedFile } from "../jsonl/import-changed-file.ts";
import { withLease } from "../store/leases.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { ScopePlace } from "../town-scopes.ts";
import { createBackup } from "./backup.ts";
import { reapWisps } from "./reap-wisps.ts";
import { trimFeed } from "./trim-feed.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const largeLog = 64 * 1024 * 1024;

/** When the rarer tasks were done last; kept in the ledger, so that a new daemon goes on where the last one was. */
interface UpkeepTimes {
  readonly reapedAt?: number;
  readonly trimmedAt?: number;
  readonly backedUpAt?: number;
}

export interface UpkeepOptions {
  readonly actor: string;
  readonly scopes: readonly ScopePlace[];
  readonly pace: ExportPace;
  /** When wisps are looked at, and how long one without a rule of its own lives; by default hourly. */
  readonly reaper?: ReaperPace;
  /** Exports everything unexported at once, e.g. before the daemon ends. */
  readonly isEnding?: boolean;
  /** Writes no exports and no backups: on a nearly full disk the ledger itself needs the room (spec/04 §12). */
  readonly isSparing?: boolean;
}

export interface ReaperPace {
  readonly isEnabled: boolean;
  readonly intervalMs: number;
  readonly ttlMs?: number;
}

export interface UpkeepReport {
  readonly exported: readonly string[];
  readonly reaped: number;
  readonly hasBackup: boolean;
  /** What went wrong with one task; the others were done all the same. */
  readonly problems: readonly string[];
}

/**
 * What a ledger needs now and then: lines for the event log, due exports, wisps whose time is over, a daily backup, a short
 * log (spec/01 §5.5, §7.1, §7.4, §9.1, §9.6). Cheap when nothing is due; meant to be called every minute.
 */
export async function keepLedger(ledger: SqliteLedger, options: UpkeepOptions): Promise<UpkeepReport> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, otherwise: T, task: () => Promise<T>): Promise<T> => {
    try {
      return await task();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return otherwise;
    }
  };
  await attempt("event log", undefined, () => ledger.flushOutbox());
  const exported: string[] = [];
  for (const place of options.isSparing === true ? [] : options.scopes)
    if (await attempt(`export of ${place.scope}`, false, () => keepExported(ledger, place, options)))
      exported.push(place.scope);
  const times = (await ledger.row<UpkeepTimes>("duties", "ledger-upkeep"))?.value ?? {};
  const now = ledger.clock.now();
  const isDue = (last: number | undefined, interval: number) => now - (last ?? 0) >= interval;
  const done: { reapedAt?: number; trimmedAt?: number; backedUpAt?: number } = {};
  let reaped = 0;
  const { isEnabled, intervalMs, ttlMs } = options.reaper ?? { isEnabled: true, intervalMs: hour };
  if (isEnabled && isDue(times.reapedAt, intervalMs)) {
    done.reapedAt = now;
    const report = await attempt("wisps", undefined, () =>
      reapWisps(ledger, {
        actor: options.actor,
        ...(ttlMs === undefined ? {} : { ttl: { default: ttlMs } }),
      }),
    );
    reaped = (report?.deleted.length ?? 0) + (report?.promoted.length ?? 0);
  }
  if (isDue(times.trimmedAt, day)) {
    done.trimmedAt = now;
    await attempt("history", 0, () => trimFeed(ledger));
  }
  if (options.isSparing !== true && isDue(times.backedUpAt, day)) {
    done.backedUpAt = now;
    await attempt("backup", undefined, () => createBackup(ledger));
  }
  if (Object.keys(done).length > 0)
    await ledger.write(options.actor, [
      { op: "putRow", table: "duties", key: "ledger-upkeep", value: { ...times, ...done } },
    ]);
  await attempt("checkpoint", undefined, () => shortenLog(ledger));
  return { exported, reaped, hasBackup: done.backedUpAt !== undefined, problems };
}

/** Exports a scope if that is due, after taking in what others did to its file; tells whether the file was written. */
export async function keepExported(
  ledger: SqliteLedger,
  { scope, path }: ScopePlace,
  options: Pick<UpkeepOptions, "actor" | "pace" | "isEnding">,
): Promise<boolean> {
  const now = ledger.clock.now();
  const pace = options.isEnding === true ? { debounceMs: 0, intervalMs: 0 } : options.pace;
  if (!isExportDue(ledger, scope, pace, now)) return false;
  const work = async (): Promise<boolean> => {
    await importChangedFile(ledger, { scope, path, actor: options.actor, now });
    return (await exportScope(ledger, { scope, path, now })).written;
  };
  try {
    return await withLease(ledger, `sync:${scope}`, work, {
      waitMs: options.isEnding === true ? 2_000 : 0,
    });
  } catch (error) {
    // Whoever has the lease exports what is due.
    if (error instanceof GtError && error.code === "E_BUSY") return false;
    throw error;
  }
}

async function shortenLog({ database, path }: SqliteLedger): Promise<void> {
  const size = await stat(`${path}-wal`).then(
    (found) => found.size,
    () => 0,
  );
  if (size > largeLog) database.pragma("wal_checkpoint(TRUNCATE)");
}
