import { GtError } from "../../core/gt-error.ts";
import { formatTime } from "../../core/clock.ts";
import { changeAccount } from "../lifecycle/handoff.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { expectAccount, readAccounts } from "./accounts.ts";
import { leastRecent } from "./choose-account.ts";
import { accountUses, markLimited, quotas } from "./quota.ts";

/** A session that is at its account's limit. */
export interface LimitedSession {
  readonly session: string;
  readonly address: string;
  readonly account: string;
  /** Milliseconds since the epoch; when the runtime said so. */
  readonly until: number | undefined;
}

const unknownLimitMs = 15 * 60_000;

/** Sessions of our accounts that stand at a rate limit now (spec/03 §5.9). */
export async function limitedSessions(access: TownAccess): Promise<readonly LimitedSession[]> {
  const uses = await accountUses(access.ledger);
  return (await sessions(access)).flatMap((record) => {
    const account = uses.get(record.actor);
    if (account === undefined || record.phase !== "limited") return [];
    return [{ session: record.session, address: record.actor, account, until: record.limitedUntil }];
  });
}

/** Remembers the limits that sessions stand at, so that new ones begin with another account. */
export async function rememberLimits(access: TownAccess, limited: readonly LimitedSession[]): Promise<void> {
  const now = access.clock.now();
  for (const { account, until } of limited)
    await markLimited(access.ledger, access.actor, account, {
      now,
      resetsAt: until ?? now + unknownLimitMs,
    });
}

export interface Rotation {
  readonly session: string;
  readonly address: string;
  readonly from: string;
  readonly to: string;
}

export interface RotateRequest {
  /** Only sessions of this account. */
  readonly from?: string;
  /** Also sessions that are idle, without a limit, of that account. */
  readonly includesIdle?: boolean;
}

/**
 * Which sessions get which account: those at a limit, on the available accounts in turn (spec/03 §10.4). Throws `E_QUOTA`
 * when there is nothing to rotate to.
 */
export async function planRotation(access: TownAccess, request: RotateRequest): Promise<readonly Rotation[]> {
  const { town, ledger, clock } = access;
  const known = readAccounts(town);
  if (known.accounts.size < 2)
    throw new GtError("E_QUOTA", `need at least 2 accounts for rotation (have ${known.accounts.size})`, {
      hint: "gt account add <name>",
    });
  if (request.from !== undefined) expectAccount(known, request.from);
  const limited = await limitedSessions(access);
  await rememberLimits(access, limited);
  const idle = request.includesIdle === true ? await idleSessions(access) : [];
  const wanted = [...limited, ...idle].filter(
    ({ account }) => request.from === undefined || account === request.from,
  );
  if (wanted.length === 0) return [];
  const quota = await quotas(ledger);
  const turns = new Map<string, number>();
  return wanted.map(({ session, address, account }) => {
    const provider = known.accounts.get(account)?.provider ?? "";
    const free = leastRecent(known, quota, provider, clock.now()).filter(({ handle }) => handle !== account);
    const turn = turns.get(provider) ?? 0;
    turns.set(provider, turn + 1);
    const to = free[turn % Math.max(1, free.length)];
    if (to === undefined)
      throw new GtError(
        "E_QUOTA",
        `${wanted.length} sessions rate-limited but no available accounts to rotate to`,
        { hint: "gt quota status" },
      );
    return { session, address, from: account, to: to.handle };
  });
}

/** Replaces each session by one with the other account; hook and worktree stay. */
export async function rotate(access: TownAccess, plan: readonly Rotation[]): Promise<void> {
  for (const { session, address, from, to } of plan) {
    await changeAccount(access, address, to);
    await access.ledger.write(access.actor, [
      {
        op: "event",
        event: {
          type: "account_rotate",
          payload: { session, from, to, at: formatTime(access.clock.now()) },
          visibility: "audit",
        },
      },
    ]);
  }
}

async function idleSessions(access: TownAccess): Promise<readonly LimitedSession[]> {
  const uses = await accountUses(access.ledger);
  return (await sessions(access)).flatMap((record) => {
    const account = uses.get(record.actor);
    if (account === undefined || record.phase !== "idle") return [];
    return [{ session: record.session, address: record.actor, account, until: undefined }];
  });
}

async function sessions(access: TownAccess): Promise<readonly SessionRecord[]> {
  try {
    return await (await access.host({ start: false })).list();
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return [];
    throw error;
  }
}
