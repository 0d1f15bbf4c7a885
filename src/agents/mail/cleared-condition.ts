import { spawnBlockedLabel } from "../../core/convoys/convoy.ts";
import type { Escalation } from "../../core/escalation/escalation.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { mergeRequest } from "../../core/merge/merge-request.ts";

/** `subject` is what the source names, `escalation` what was raised. */
type Look = (ledger: Ledger, subject: string, escalation: Escalation) => Promise<boolean>;

/** Sources under which code asks, with the look that tells whether the reason is gone. */
const looks: readonly (readonly [source: RegExp, Look])[] = [
  [
    /^witness:stuck:(.+)$/,
    async (ledger, address, { relatedBead }) => {
      const agent = await ledger.agent(address);
      return agent?.state !== "stuck" || agent.hookBead !== relatedBead;
    },
  ],
  [
    // Who says so of himself is not always held for it; once his work is elsewhere, the question is, too.
    /^heartbeat:(.+)$/,
    async (ledger, address, { relatedBead }) =>
      relatedBead !== "" && (await ledger.agent(address))?.hookBead !== relatedBead,
  ],
  [
    // Named for one assignment: only a sandbox that is safe gets another one, or is removed.
    /^witness:recovery:(.+\/.+:\d+)$/,
    async (ledger, assignment) => {
      const at = assignment.lastIndexOf(":");
      const agent = await ledger.agent(assignment.slice(0, at));
      return agent?.hookSeq !== Number(assignment.slice(at + 1)) || agent.state === "nuked";
    },
  ],
  [
    /^witness:recovery:(done-.+)$/,
    async (ledger, operation) => (await ledger.row("operations", operation)) === undefined,
  ],
  [
    /^done:(.+)$/,
    async (ledger, id) => isOver(await ledger.get(id), (bead) => !bead.labels.includes("gt:escalated")),
  ],
  [
    /^witness:spawn_blocked:(.+)$/,
    async (ledger, id) => isOver(await ledger.get(id), (bead) => !bead.labels.includes(spawnBlockedLabel)),
  ],
  [
    /^(?:deacon:redispatch|scheduler|feed):(.+)$/,
    async (ledger, id) => isOver(await ledger.get(id), ({ status }) => status !== "open"),
  ],
  [/^witness:stale_mr:(.+)$/, async (ledger, id) => isOver(await ledger.get(id), () => false)],
  [
    /^refinery:[^:]+:quarantine:(.+)$/,
    async (ledger, id) => isOver(await ledger.get(id), (bead) => mergeRequest(bead).phase !== "quarantined"),
  ],
];

/** Whether what raised it has passed, where the ledger tells; false where only somebody can say so (spec/06 §8.2). */
export async function hasCleared(ledger: Ledger, escalation: Escalation): Promise<boolean> {
  for (const [source, look] of looks) {
    const subject = source.exec(escalation.source)?.[1];
    if (subject !== undefined) return look(ledger, subject, escalation);
  }
  return false;
}

function isOver(bead: Bead | undefined, hasPassed: (bead: Bead) => boolean): boolean {
  return bead === undefined || bead.status === "closed" || hasPassed(bead);
}
