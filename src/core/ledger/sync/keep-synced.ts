import { parseDuration } from "../../duration.ts";
import type { Settings } from "../settings.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { ScopePlace } from "../town-scopes.ts";
import { syncScope } from "./sync-scope.ts";
import { syncSettings } from "./sync-settings.ts";

const defaultIntervalMs = 5 * 60_000;
/** So soon after its start a town asks what others have done meanwhile; after that it asks only when it has changed. */
const firstAfterMs = 60_000;

export interface SyncProblem {
  readonly scope: string;
  readonly message: string;
  /** Times in a row that this scope could not be synced, this one included. */
  readonly failures: number;
}

interface ScopeState {
  readonly at: number;
  /** What the exported file held after the last sync. */
  readonly fileHash?: string | undefined;
  readonly failures: number;
}

/**
 * Syncs the scopes whose beads changed, each at most once a `sync.interval` (spec/01 §9.7). Asks git nothing while nothing
 * changes, so it may be called as often as one likes.
 */
export class SyncKeeper {
  private readonly ledger: SqliteLedger;
  private readonly actor: string;
  private readonly startedAt: number;
  private readonly states = new Map<string, ScopeState>();

  constructor(ledger: SqliteLedger, actor: string) {
    this.ledger = ledger;
    this.actor = actor;
    this.startedAt = ledger.clock.now();
  }

  async run(places: readonly ScopePlace[], settings: Settings): Promise<readonly SyncProblem[]> {
    const { mode } = syncSettings(settings);
    if (settings.isOn("no-git-ops") || (mode !== "branch" && mode !== "ref")) return [];
    const intervalMs = parseDuration(settings.text("sync.interval")) ?? defaultIntervalMs;
    const problems: SyncProblem[] = [];
    for (const place of places) {
      if (place.repository === undefined || !this.isDue(place.scope, intervalMs)) continue;
      const message = await this.sync(place, settings);
      const failures = message === undefined ? 0 : (this.states.get(place.scope)?.failures ?? 0) + 1;
      // A failed sync stays due: what it would have brought over is still missing there.
      const fileHash = failures === 0 ? this.fileHash(place.scope) : undefined;
      this.states.set(place.scope, { at: this.ledger.clock.now(), fileHash, failures });
      if (message !== undefined) problems.push({ scope: place.scope, message, failures });
    }
    return problems;
  }

  private isDue(scope: string, intervalMs: number): boolean {
    const state = this.states.get(scope);
    const now = this.ledger.clock.now();
    if (state === undefined) return now - this.startedAt >= Math.min(intervalMs, firstAfterMs);
    if (now - state.at < intervalMs) return false;
    if (state.failures > 0) return true;
    const isDirty = "SELECT 1 FROM dirty WHERE scope = ? LIMIT 1";
    return (
      this.fileHash(scope) !== state.fileHash || this.ledger.database.value(isDirty, scope) !== undefined
    );
  }

  private fileHash(scope: string): string | undefined {
    return this.ledger.database.value<string>("SELECT file_hash FROM export_state WHERE scope = ?", scope);
  }

  /** Why beads could not be exchanged; undefined when they were. */
  private async sync(
    { scope, path, repository }: ScopePlace,
    settings: Settings,
  ): Promise<string | undefined> {
    try {
      const { warning } = await syncScope(this.ledger, {
        scope,
        path,
        ...(repository === undefined ? {} : { repository }),
        actor: this.actor,
        ...syncSettings(settings),
      });
      return warning;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
