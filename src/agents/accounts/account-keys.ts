import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { readAccounts } from "./accounts.ts";
import { pickAccount } from "./choose-account.ts";
import { accountUses, quotas } from "./quota.ts";

/** Under what name limits are kept: the runtime, and which login of it where there are several (spec/05 §9.4). */
const accountKey = (runtime: string, handle: string | undefined): string =>
  handle === undefined ? runtime : `${runtime}@${handle}`;

/** The login in an account's name; undefined for a runtime's own. */
export const handleIn = (key: string): string | undefined => /@(.+)$/.exec(key)?.[1];

/** The account on which a session runs. */
export async function sessionAccounts(
  ledger: Ledger,
): Promise<(session: Pick<SessionRecord, "agent" | "actor">) => string> {
  const uses = await accountUses(ledger);
  return ({ agent, actor }) => accountKey(agent, uses.get(actor));
}

/** The account on which a session would start now: one that is not at its limit, where the wish leaves the choice. */
export async function startAccounts({
  town,
  ledger,
  clock,
}: TownAccess): Promise<(runtime: Runtime, handle: string) => string> {
  const known = readAccounts(town);
  if (known.accounts.size === 0) return ({ name }) => name;
  const quota = await quotas(ledger);
  return ({ name, provider, configDirEnv }, handle) => {
    const picked =
      configDirEnv === undefined ? undefined : pickAccount(known, quota, { handle, provider }, clock.now());
    return accountKey(name, picked?.handle);
  };
}
