import { formatSpan } from "../duration.ts";
import type { Operation } from "../ledger/operation.ts";
import { composeFitting } from "../mail/compose-fitting.ts";
import { systemRandom } from "../random.ts";
import { mountainLabel } from "./convoy.ts";
import type { ConvoySnapshot } from "./convoy-snapshot.ts";
import { failuresOf } from "./mountain.ts";

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

/** Sessions that are still to be told of a convoy's end: a row written with it, removed by whoever tells them. */
export interface ConvoyNews {
  readonly title: string;
  /** Addresses that have a mail. */
  readonly mailed: readonly string[];
  /** Addresses that asked for a nudge. */
  readonly nudge: readonly string[];
}

export const convoyNewsTable = "convoy_news";

/**
 * One mail to everybody concerned, and what is to be said to sessions, to be part of the transaction that ends the convoy:
 * sent once or not at all (spec/05 §6.7).
 */
export function landingNotice(snapshot: ConvoySnapshot, end: ConvoyEnd): readonly Operation[] {
  const { convoy, tracked, fields } = snapshot;
  const isReport = convoy.labels.includes(mountainLabel) && end.abandonedFor === undefined;
  const title = isReport
    ? `Mountain complete: ${convoy.title.replace(/^Mountain: /, "")}`
    : `🚚 Convoy ${end.abandonedFor === undefined ? "landed" : "closed"}: ${convoy.title}`;
  const merges = tracked.filter(({ bead }) => bead.closeReason.startsWith("Merged in ")).length;
  const text = [
    `${title} (${convoy.id})`,
    "",
    ...(end.abandonedFor === undefined ? [] : [`Reason: ${end.abandonedFor}`, ""]),
    ...(isReport ? completion(snapshot) : []),
    `Issues (${tracked.length}):`,
    ...tracked.map(({ bead }) => `  ${bead.status === "closed" ? "✓" : "○"} ${bead.id}: ${bead.title}`),
    `Duration: ${formatSpan(Math.max(0, end.now - convoy.createdAt))}   Merges: ${merges}   Closed by: ${end.by}`,
  ].join("\n");
  const audience = end.audience ?? [...(isReport ? ["mayor/"] : []), ...convoyAudience(snapshot)];
  const mailed = [...new Set(audience)].filter((address) => !withoutMailbox.has(address));
  const nudge = end.audience === undefined ? fields.nudge_watchers : [];
  const news: ConvoyNews = { title, mailed, nudge };
  return [
    ...(mailed.length === 0
      ? []
      : convoyMail(snapshot, { from: end.by, to: mailed, subject: title, body: text })),
    { op: "putRow", table: convoyNewsTable, key: convoy.id, value: news },
  ];
}

/** What a mountain's report says beside its beads (spec/05 §8.4). */
function completion({ tracked }: ConvoySnapshot): readonly string[] {
  const closed = tracked.filter(({ bead }) => bead.status === "closed").length;
  const failed = tracked.filter(({ bead }) => failuresOf(bead) > 0);
  return [
    `Result: ${closed}/${tracked.length} closed, 0 skipped`,
    `Failed attempts: ${failed.length === 0 ? "none" : failed.map(({ bead }) => `${bead.id} ${failuresOf(bead)}`).join(", ")}`,
    "",
  ];
}

/** Mail about a convoy to each of these addresses, kept like the work that it is about. */
export function convoyMail(
  { convoy }: Pick<ConvoySnapshot, "convoy">,
  mail: {
    readonly from: string;
    readonly to: readonly string[];
    readonly subject: string;
    readonly body: string;
    readonly priority?: number;
  },
): readonly Operation[] {
  return composeFitting({ ...mail, isPermanent: true, metadata: { convoy_notice: convoy.id } }, systemRandom)
    .operations;
}
