import type { Ledger } from "../../core/ledger/ledger.ts";
import type { QueueContext } from "./queue-context.ts";
import type { Operation } from "../../core/ledger/operation.ts";

const table = "verdicts";
/** Green verdicts are believed for 14 days (spec/05 §2.5). */
const validMs = 14 * 24 * 60 * 60_000;

const verifiedBy = "verify by ";

interface StoredVerdict {
  readonly at: number;
  /** Run or command that found it. */
  readonly by: string;
}

/** Remembers that a tree passed the rig's gates. Reds are not stored: they are valid inside their run only. */
export function rememberGreen(context: QueueContext, tree: string, by: string): Operation {
  const value: StoredVerdict = { at: context.access.clock.now(), by };
  return { op: "putRow", table, key: keyOf(context, tree), value };
}

/** What `gt mq verify` found out; a rig may choose to believe only the queue itself (`trust_pre_verified=off`). */
export function rememberVerified(context: QueueContext, tree: string): Operation {
  return rememberGreen(context, tree, `${verifiedBy}${context.access.actor}`);
}

/** Whether the gates need not run on this tree: they have passed on it, or there are none. */
export async function isKnownGreen(context: QueueContext, tree: string): Promise<boolean> {
  const { access, settings } = context;
  if (settings.gates.length === 0) return true;
  const row = await access.ledger.row<StoredVerdict>(table, keyOf(context, tree));
  if (row === undefined || access.clock.now() - row.value.at >= validMs) return false;
  return settings.trustPreVerified === "recorded" || !row.value.by.startsWith(verifiedBy);
}

function keyOf(context: QueueContext, tree: string): string {
  return `${context.rig.name}/${context.settings.gateset}/${tree}`;
}

/** Operations that forget what is too old to be believed. */
export async function forgetOldVerdicts(
  ledger: Ledger,
  rig: string,
  now: number,
): Promise<readonly Operation[]> {
  const rows = await ledger.rows<StoredVerdict>(table, { prefix: `${rig}/` });
  return rows
    .filter((row) => now - row.value.at >= validMs)
    .map((row): Operation => ({ op: "deleteRow", table, key: row.key }));
}
