import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";

/** What is known of an account's limits; a runtime row by handle (spec/03 §10.4). */
export interface Quota {
  readonly limitedAt?: number;
  readonly resetsAt?: number;
  readonly lastUsed?: number;
}

const table = "quota";
const useTable = "account_uses";

export async function quotas(ledger: Ledger): Promise<ReadonlyMap<string, Quota>> {
  return new Map((await ledger.rows<Quota>(table)).map(({ key, value }) => [key, value]));
}

/** A limited account is available again when its time has come. */
export function isLimited(quota: Quota | undefined, now: number): boolean {
  return quota?.limitedAt !== undefined && (quota.resetsAt ?? Number.POSITIVE_INFINITY) > now;
}

export async function markLimited(
  ledger: Ledger,
  actor: string,
  handle: string,
  limit: { readonly now: number; readonly resetsAt: number },
): Promise<void> {
  await ledger.write(actor, [await limitedQuota(ledger, handle, limit)]);
}

/** The operation that marks an account limited, for the transaction that closes it to the scheduler. */
export async function limitedQuota(
  ledger: Ledger,
  handle: string,
  { now, resetsAt }: { readonly now: number; readonly resetsAt: number },
): Promise<Operation> {
  const before = (await ledger.row<Quota>(table, handle))?.value;
  return {
    op: "putRow",
    table,
    key: handle,
    value: { ...before, limitedAt: now, resetsAt } satisfies Quota,
  };
}

/** The account works again, whatever was known of it. */
export async function clearQuota(ledger: Ledger, actor: string, handle: string): Promise<void> {
  const before = (await ledger.row<Quota>(table, handle))?.value;
  if (before === undefined) return;
  const { limitedAt: _, resetsAt: __, ...rest } = before;
  await ledger.write(actor, [{ op: "putRow", table, key: handle, value: rest }]);
}

/** An agent's session begins with this account; undefined: with none of ours. */
export async function noteUse(
  ledger: Ledger,
  actor: string,
  {
    address,
    handle,
    now,
  }: { readonly address: string; readonly handle: string | undefined; readonly now: number },
): Promise<void> {
  if (handle === undefined) {
    if ((await ledger.row(useTable, address)) !== undefined)
      await ledger.write(actor, [{ op: "deleteRow", table: useTable, key: address }]);
    return;
  }
  const before = (await ledger.row<Quota>(table, handle))?.value;
  await ledger.write(actor, [
    { op: "putRow", table, key: handle, value: { ...before, lastUsed: now } satisfies Quota },
    { op: "putRow", table: useTable, key: address, value: handle },
  ]);
}

/** Which account each agent's session began with, by address. */
export async function accountUses(ledger: Ledger): Promise<ReadonlyMap<string, string>> {
  return new Map((await ledger.rows<string>(useTable)).map(({ key, value }) => [key, value]));
}
