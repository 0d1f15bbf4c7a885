import { acquireLock } from "../../core/lock/lock.ts";
import type { TownAccess } from "../town-access.ts";

const waitMs = 10_000;

/** Name of the lock that guards an agent's worktree, state and session (spec/04 §0.2). */
export const agentLockName = (address: string): string => `agent-${address}`;

/** Runs `work` while nobody else changes the agent. `E_BUSY` when that takes longer than ten seconds. */
export async function withAgentLock<T>(
  access: TownAccess,
  address: string,
  kind: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(access.town.paths.locks, agentLockName(address), {
    waitMs,
    kind,
    subject: address,
  });
  try {
    return await work();
  } finally {
    lock.release();
  }
}
