import { formatSpan } from "../duration.ts";
import type { Operation } from "../ledger/operation.ts";
import type { ConvoySnapshot } from "./convoy-snapshot.ts";

export interface ConvoyEnd {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly by: string;
  /** Why it was closed with open issues; a convoy that landed needs no reason. */
  readonly abandonedFor?: string;
  /** Tells these instead of owner and subscribers. */
  readonly audience?: readonly string[];
}

/** Loops and recoveries read no mail. */
const withoutMailbox = new Set(["", "daemon", "system"]);

/** Whom the end of a convoy concerns: owner, notified and watchers, without repetition. */
export function convoyAudience({ fields }: ConvoySnapshot): readonly string[] {
  return [...new Set([fields.owner, ...fields.notify, ...fields.watchers])];
}

/** One mail to everybody concerned, to be part of the transaction that ends the convoy: sent once or not at all (spec/05 §6.7). */
export function landingNotice(snapshot: ConvoySnapshot, end: ConvoyEnd): readonly Operation[] {
  const { convoy, tracked } = snapshot;
  const title = `🚚 Convoy ${end.abandonedFor === undefined ? "landed" : "closed"}: ${convoy.title}`;
  const merges = tracked.filter(({ bead }) => bead.closeReason.startsWith("Merged in ")).length;
  const text = [
    `${title} (${convoy.id})`,
    "",
    ...(end.abandonedFor === undefined ? [] : [`Reason: ${end.abandonedFor}`, ""]),
    `Issues (${tracked.length}):`,
    ...tracked.map(({ bead }) => `  ${bead.status === "closed" ? "✓" : "○"} ${bead.id}: ${bead.title}`),
    `Duration: ${formatSpan(Math.max(0, end.now - convoy.createdAt))}   Merges: ${merges}   Closed by: ${end.by}`,
  ].join("\n");
  return (end.audience ?? convoyAudience(snapshot))
    .filter((address) => !withoutMailbox.has(address))
    .map((address) => ({
      op: "create",
      bead: {
        scope: "town",
        type: "message",
        title,
        description: text,
        assignee: address,
        sender: end.by,
        metadata: { convoy_notice: convoy.id },
      },
    }));
}
