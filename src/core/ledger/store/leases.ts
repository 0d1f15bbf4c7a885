import { hostname } from "node:os";
import { GtError } from "../../gt-error.ts";
import { randomWord } from "../../random.ts";
import type { SqliteLedger } from "./sqlite-ledger.ts";

/** A lease that is not renewed for this long is free again (spec/01 §7.6). */
const ttlMs = 60_000;
const renewMs = 20_000;
const retryMs = 100;

interface LeaseRow {
  readonly holder: string;
  readonly pid: number | null;
  readonly expires_at: number;
}

/** Runs work that only one process at a time may do; waits for the holder up to `waitMs` (`E_BUSY`, exit 5). */
export async function withLease<T>(
  ledger: SqliteLedger,
  name: string,
  work: () => Promise<T>,
  options: { readonly waitMs?: number } = {},
): Promise<T> {
  const holder = `${hostname()}/${process.pid}/${randomWord(ledger.random, 8)}`;
  const deadline = performance.now() + (options.waitMs ?? 30_000);
  while (!(await tryAcquire(ledger, name, holder))) {
    if (performance.now() > deadline)
      throw new GtError("E_BUSY", `another process is already busy with ${name}`, {
        exitCode: 5,
        hint: "try again in a moment",
      });
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  const renewal = setInterval(() => void renew(ledger, name, holder), renewMs);
  renewal.unref();
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await ledger.database.write(() =>
      ledger.database.run("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder),
    );
  }
}

async function tryAcquire(ledger: SqliteLedger, name: string, holder: string): Promise<boolean> {
  const { database } = ledger;
  return database.write(() => {
    const now = Date.now();
    const held = database.get<LeaseRow & Record<string, string | number | null>>(
      "SELECT holder, pid, expires_at FROM leases WHERE name = ?",
      name,
    );
    if (held !== undefined && held.expires_at > now && !isDead(held)) return false;
    database.run(
      `INSERT INTO leases (name, holder, pid, expires_at) VALUES (?,?,?,?)
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, pid = excluded.pid, expires_at = excluded.expires_at`,
      name,
      holder,
      process.pid,
      now + ttlMs,
    );
    return true;
  });
}

async function renew(ledger: SqliteLedger, name: string, holder: string): Promise<void> {
  try {
    await ledger.database.write(() =>
      ledger.database.run(
        "UPDATE leases SET expires_at = ? WHERE name = ? AND holder = ?",
        Date.now() + ttlMs,
        name,
        holder,
      ),
    );
  } catch {
    // The lease then expires by itself; the work is safe to be repeated by others.
  }
}

/** Whether the holder ran on this machine and is gone. */
export function isDead({ holder, pid }: { readonly holder: string; readonly pid: number | null }): boolean {
  if (pid === null || !holder.startsWith(`${hostname()}/`)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
