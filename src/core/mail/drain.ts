import type { Message } from "./message.ts";

/** Traces that nobody has to act on: the machinery reads ledger and git, not these. */
const routine =
  /^(?:POLECAT_DONE|POLECAT_STARTED|CRASHED_POLECAT|LIFECYCLE:|MERGED|MERGE_READY|MERGE_FAILED|SWARM_START)/;
const keep = /^(?:🤝 )?(?:HELP|HANDOFF|(?:SPAWN_STORM )?RECOVERED_BEAD|RECOVERY_NEEDED)/u;

/** Whether the message may leave the inbox by itself once it is older than `maxAgeMs` (spec/06 §3.3). */
export function isRoutine(message: Message, now: number, maxAgeMs: number): boolean {
  if (message.isPinned || message.status === "hooked" || keep.test(message.subject)) return false;
  if (now - message.sentAt < maxAgeMs) return false;
  return routine.test(message.subject) || (message.isRead && message.isWisp);
}
