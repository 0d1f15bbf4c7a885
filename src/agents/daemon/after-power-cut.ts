import { readdirSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { type LeftLock, leftLocks, removeLocks } from "../../core/git/left-locks.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { DaemonLog } from "./daemon-log.ts";

/**
 * Lets the rigs' repositories go on after the machine was switched off under a git: its lock files are of processes that
 * cannot live any more. Younger ones are left to `gt doctor` (spec/04 §12, power loss).
 */
export function clearDeadLocks(town: Town, log: DaemonLog): void {
  for (const rig of town.rigs()) {
    const dead = locksOfRig(rig).filter((lock) => lock.isDead);
    removeLocks(dead);
    for (const { path } of dead) log.info(`removed ${path}: its git ended with the machine`);
  }
}

/** Lock files left behind in the rig's shared repository and in the clones of its crew. */
export function locksOfRig(rig: Rig): readonly LeftLock[] {
  const now = Date.now();
  const times = { now, bootedAt: now - uptime() * 1000 };
  return [rig.repository, ...clonesOf(rig)].flatMap((directory) => leftLocks(directory, times));
}

function clonesOf(rig: Rig): readonly string[] {
  try {
    return readdirSync(rig.crew).map((name) => join(rig.crew, name, ".git"));
  } catch {
    return []; // a rig without crew
  }
}
