import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Town } from "../../core/town/town.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { type Account, type Accounts, expectAccount, readAccounts } from "./accounts.ts";
import { isLimited, type Quota, quotas } from "./quota.ts";

export interface AccountWish {
  /** `--account`, else `GT_ACCOUNT`; empty when nobody says. */
  readonly handle: string;
  readonly provider: string;
}

/**
 * The account for a new session (spec/03 §10.3): the one asked for, limited or not; else the default, or while that is at
 * its limit the available one that was used least recently. None for a provider without accounts: the runtime's own
 * directory is used. Pure.
 */
export function pickAccount(
  known: Accounts,
  quota: ReadonlyMap<string, Quota>,
  wish: AccountWish,
  now: number,
): Account | undefined {
  if (wish.handle !== "") {
    const asked = expectAccount(known, wish.handle);
    return asked.provider === wish.provider ? asked : undefined;
  }
  const preferred = known.default === undefined ? undefined : known.accounts.get(known.default);
  if (preferred?.provider !== wish.provider) return undefined;
  if (!isLimited(quota.get(preferred.handle), now)) return preferred;
  return leastRecent(known, quota, wish.provider, now)[0] ?? preferred;
}

/** Accounts of the provider that are not at their limit, the one that rested longest first. Pure. */
export function leastRecent(
  { accounts }: Accounts,
  quota: ReadonlyMap<string, Quota>,
  provider: string,
  now: number,
): readonly Account[] {
  const lastUsed = ({ handle }: Account): number => quota.get(handle)?.lastUsed ?? 0;
  return [...accounts.values()]
    .filter((account) => account.provider === provider && !isLimited(quota.get(account.handle), now))
    .toSorted((one, other) => lastUsed(one) - lastUsed(other) || one.handle.localeCompare(other.handle));
}

/** A person's wish. An agent's own account is not meant for the sessions that it asks for. */
export const ownWish = (env: NodeJS.ProcessEnv): string =>
  env["GT_SESSION"] ? "" : (env["GT_ACCOUNT"] ?? "");

/** The account that a session of this runtime gets; undefined for the runtime's own default directory. */
export async function accountFor(
  town: Town,
  ledger: Ledger,
  runtime: Runtime,
  { handle, now }: { readonly handle: string; readonly now: number },
): Promise<Account | undefined> {
  if (runtime.configDirEnv === undefined) return undefined;
  const known = readAccounts(town);
  if (known.accounts.size === 0 && handle === "") return undefined;
  return pickAccount(known, await quotas(ledger), { handle, provider: runtime.provider }, now);
}
