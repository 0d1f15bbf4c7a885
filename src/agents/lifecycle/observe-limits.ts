import { formatTime } from "../../core/clock.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import {
  type AccountLimit,
  type AccountSession,
  accountLimitsTable,
  limitsNow,
} from "../../core/scheduler/account-limits.ts";
import { handleIn, sessionAccounts } from "../accounts/account-keys.ts";
import { limitedQuota } from "../accounts/quota.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * Which accounts are limited now, from what is remembered and what the living sessions say (spec/05 §9.4). What changed is
 * written, with an event when an account closes or opens; a login that closes is passed over by the next start.
 */
export async function observeLimits(
  access: TownAccess,
  sessions: Iterable<SessionRecord>,
): Promise<ReadonlyMap<string, AccountLimit>> {
  const { ledger, clock, random, actor } = access;
  const rows = await ledger.rows<AccountLimit>(accountLimitsTable);
  const before = new Map(rows.map(({ key, value }) => [key, value]));
  const living = [...sessions].filter((session) => session.phase !== "exited");
  if (before.size === 0 && !living.some((session) => session.phase === "limited")) return before;
  const accountOf = await sessionAccounts(ledger);
  const seen = living.map((session) => accountSession(session, accountOf(session)));
  const after = limitsNow(before, seen, clock.now(), (random.bytes(1)[0] ?? 0) / 256);
  const operations: Operation[] = [];
  for (const [account, limit] of after) {
    const old = before.get(account);
    if (old === limit) continue;
    operations.push({ op: "putRow", table: accountLimitsTable, key: account, value: limit });
    if (limit.isClosed && (old?.isClosed !== true || old.until !== limit.until)) {
      operations.push(limitEvent("rate_limited", { account, until: formatTime(limit.until) }));
      const handle = handleIn(account);
      if (handle !== undefined)
        operations.push(await limitedQuota(ledger, handle, { now: clock.now(), resetsAt: limit.until }));
    }
    if (!limit.isClosed && old?.isClosed === true)
      operations.push(limitEvent("rate_limit_cleared", { account }));
  }
  for (const [account, old] of before) {
    if (after.has(account)) continue;
    operations.push({ op: "deleteRow", table: accountLimitsTable, key: account });
    if (old.isClosed) operations.push(limitEvent("rate_limit_cleared", { account }));
  }
  if (operations.length > 0) await ledger.write(actor, operations);
  return after;
}

/**
 * Until when nothing may be started on the account; undefined when it is open. Which one it is, is asked behind the look at
 * the sessions, of which the host is asked only if there is one: what that finds closes accounts.
 */
export async function closedUntil(
  access: TownAccess,
  account: () => Promise<string>,
): Promise<number | undefined> {
  const host = await access.host({ start: false }).catch(() => undefined);
  const limits = await observeLimits(access, host === undefined ? [] : await host.list());
  if (limits.size === 0) return undefined;
  const limit = limits.get(await account());
  return limit?.isClosed === true ? limit.until : undefined;
}

const accountSession = (session: SessionRecord, account: string): AccountSession => ({
  account,
  isLimited: session.phase === "limited",
  since: session.phaseSince,
  ...(session.limitedUntil === undefined ? {} : { until: session.limitedUntil }),
});

const limitEvent = (type: string, payload: Readonly<Record<string, unknown>>): Operation => ({
  op: "event",
  event: { type, payload, source: "daemon" },
});
