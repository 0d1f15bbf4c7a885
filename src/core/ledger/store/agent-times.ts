import type { ActorAddress } from "../bead.ts";
import type { AgentTimes } from "../ledger.ts";
import type { LedgerDatabase } from "./database.ts";

/** Liveness times reach the file at most this often for one agent (spec/01 §6.2). */
const touchIntervalMs = 5_000;

/** When agents last gave a sign of life. What comes too soon after the last write is kept, and written with the next. */
export class StoredAgentTimes {
  readonly #database: LedgerDatabase;
  readonly #touched = new Map<ActorAddress, number>();
  readonly #pending = new Map<ActorAddress, AgentTimes>();

  constructor(database: LedgerDatabase) {
    this.#database = database;
  }

  async touch(address: ActorAddress, times: AgentTimes, now: number): Promise<void> {
    const merged = { ...this.#pending.get(address), ...times };
    const last = this.#touched.get(address);
    if (last !== undefined && now - last < touchIntervalMs) {
      this.#pending.set(address, merged);
      return;
    }
    this.#touched.set(address, now);
    this.#pending.delete(address);
    await this.#store(address, merged);
  }

  /** Writes what was kept. */
  async flush(): Promise<void> {
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [address, times] of pending) await this.#store(address, times);
  }

  /** No time ever goes back. */
  async #store(address: ActorAddress, times: AgentTimes): Promise<void> {
    const later = (column: string) => `${column} = coalesce(max(ifnull(${column}, 0), ?), ${column})`;
    await this.#database.write(() =>
      this.#database.run(
        `UPDATE agents SET ${["last_activity", "last_progress_at", "last_session_at"].map(later).join(", ")} WHERE address = ?`,
        times.lastActivity ?? null,
        times.lastProgressAt ?? null,
        times.lastSessionAt ?? null,
        address,
      ),
    );
  }
}
