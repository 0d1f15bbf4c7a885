import { formatTime } from "../../core/clock.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { compose, type Draft } from "../../core/mail/compose.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { notifyRecipients } from "../mail/notify-recipients.ts";
import type { TownAccess } from "../town-access.ts";
import { blockedBy } from "./observe-gate.ts";

/** Whoever closed a gate, its waiters are woken within this time, or not any more. */
const wakeWithinMs = 24 * 3_600_000;

/**
 * Tells those who wait for a gate that it has opened, once (spec/01 §4.6): a mail, and a nudge for whoever is idle. That they
 * were told is noted in the same batch as the mail.
 */
export async function wakeWaiters(access: TownAccess): Promise<readonly string[]> {
  const gates = await access.ledger.find({
    type: "gate",
    status: "closed",
    closedAfter: access.clock.now() - wakeWithinMs,
  });
  const warnings: string[] = [];
  for (const gate of gates)
    if (gate.waiters.length > 0 && !isWoken(gate)) warnings.push(...(await wake(access, gate)));
  return warnings;
}

function isWoken(gate: Bead): boolean {
  const own = gate.metadata["gate"];
  return typeof own === "object" && own !== null && "woken_at" in own;
}

async function wake(access: TownAccess, gate: Bead): Promise<readonly string[]> {
  const held = (await blockedBy(access.ledger, gate)).map(({ id }) => id);
  const draft: Draft = {
    from: access.actor,
    to: gate.waiters,
    subject: `Gate ${gate.id} is open: ${sanitiseLine(gate.title)}`.slice(0, 200),
    body: [
      `It was closed by ${gate.updatedBy}: ${gate.closeReason}`,
      ...(held.length === 0 ? [] : [`It held back: ${held.join(", ")}`]),
    ].join("\n"),
    priority: 1,
  };
  const composed = compose(draft, access.random);
  const woken = { gate: { woken_at: formatTime(access.clock.now()) } };
  await access.ledger.write(access.actor, [
    { op: "expect", id: gate.id, expected: { status: "closed", metadata: { "gate.woken_at": undefined } } },
    ...composed.operations,
    { op: "update", id: gate.id, fields: { metadata: woken } },
  ]);
  return (await notifyRecipients(access, { ...draft, recipients: composed.recipients })).warnings;
}
