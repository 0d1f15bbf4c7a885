import { setTimeout as pause } from "node:timers/promises";
import type { SnapshotReason } from "../../core/git/hook-snapshots.ts";
import type { TownAccess } from "../town-access.ts";
import { snapshotHook } from "./rollback-hook.ts";

const parallel = 4;

/**
 * Keeps the files of many agents before something happens to all of them: best effort, ten seconds in all (spec/04 §6.2).
 * Returns the addresses of those whose files were not looked at in time or could not be kept, or who have no worktree.
 */
export async function snapshotHooks(
  access: TownAccess,
  addresses: readonly string[],
  reason: Extract<SnapshotReason, "estop" | "shutdown">,
  withinMs = 10_000,
): Promise<readonly string[]> {
  const waiting = [...addresses];
  const missed = new Set(addresses);
  const time = new AbortController();
  const work = async (): Promise<void> => {
    while (!time.signal.aborted) {
      const address = waiting.shift();
      if (address === undefined) return;
      try {
        await snapshotHook(access, address, reason);
        missed.delete(address);
      } catch {
        // A broken sandbox or a full disk must not keep the others from being saved: the caller names who was missed.
      }
    }
  };
  const all = Promise.all(Array.from({ length: parallel }, work));
  const limit = pause(withinMs, undefined, { signal: time.signal }).catch(() => undefined);
  await Promise.race([all, limit]);
  time.abort();
  return [...missed];
}
