import { formatSpan } from "../../core/duration.ts";
import { GtError } from "../../core/gt-error.ts";
import { decideWarrant, saysAlive, type Warrant, type WarrantResult } from "../../core/health/warrant.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { randomWord } from "../../core/random.ts";
import { withAgentLock } from "../lifecycle/agent-lock.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import { snapshotHooks } from "../lifecycle/snapshot-hooks.ts";
import { nudge } from "../sessions/nudge.ts";
import { sessionOfAddress, stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";

const table = "warrants";
/** So many agents are asked at a time. */
const mostAtOnce = 5;
/** An answer on the screen makes no event: while one is waited for, it is looked at so often. */
const lookAgainMs = 15_000;

/** Warrants, the oldest first; with `all` those that are over, too. */
export async function warrants(
  ledger: Ledger,
  options: { readonly all: boolean },
): Promise<readonly Warrant[]> {
  const rows = await ledger.rows<Warrant>(table);
  return rows
    .map(({ value }) => value)
    .filter((warrant) => options.all || warrant.result === undefined)
    .sort((one, other) => one.filedAt - other.filedAt || (one.id < other.id ? -1 : 1));
}

/** `E_WARRANT_EXISTS` when one against the same agent is pending, `E_SESSION_NOT_FOUND` when it has no session. */
export async function fileWarrant(access: TownAccess, target: string, reason: string): Promise<Warrant> {
  const [pending] = (await warrants(access.ledger, { all: false })).filter((each) => each.target === target);
  if (pending !== undefined)
    throw new GtError("E_WARRANT_EXISTS", `a warrant against ${target} is pending (${pending.id})`, {
      hint: "gt warrant list",
    });
  if ((await liveSession(access, target)) === undefined)
    throw new GtError("E_SESSION_NOT_FOUND", `${target} has no session to end`, { hint: "gt agents" });
  const warrant: Warrant = {
    ...{ id: `warrant-${randomWord(access.random, 6)}`, target, reason },
    ...{ filedBy: access.actor, filedAt: access.clock.now(), attempt: 0 },
  };
  await access.ledger.write(access.actor, [put(warrant)]);
  return warrant;
}

/** The pending one against an agent; `E_NO_WARRANT`. */
export async function pendingWarrant(ledger: Ledger, target: string): Promise<Warrant> {
  const found = (await warrants(ledger, { all: false })).find((each) => each.target === target);
  if (found !== undefined) return found;
  throw new GtError("E_NO_WARRANT", `no warrant against ${target} is pending`, {
    hint: `gt warrant file ${target} --reason <why>`,
  });
}

/** Ends it with that result; `executed` keeps the agent's files and ends its session, its hook stays. */
export async function endWarrant(access: TownAccess, warrant: Warrant, result: WarrantResult): Promise<void> {
  const { target, reason, filedBy } = warrant;
  const ended: Warrant = { ...warrant, result, endedAt: access.clock.now() };
  if (result !== "executed") {
    await access.ledger.write(access.actor, [put(ended)]);
    return;
  }
  await snapshotHooks(access, [target], "shutdown");
  await withAgentLock(access, target, "warrant", async () => {
    await stopAgentSession(access, target, "killed", { force: true, why: `warrant: ${reason}` });
    await access.ledger.write(access.actor, [
      put(ended),
      {
        op: "event",
        event: { type: "kill", payload: { target, reason: `warrant of ${filedBy}: ${reason}` } },
      },
    ]);
  });
}

/** One look at all that are pending. Returns what was done, in words, and when to look again, in milliseconds. */
export async function carryOutWarrants(
  access: TownAccess,
): Promise<{ readonly told: readonly string[]; readonly againMs?: number }> {
  const told: string[] = [];
  const pending = (await warrants(access.ledger, { all: false })).slice(0, mostAtOnce);
  for (const warrant of pending) told.push(...(await step(access, warrant)));
  const isLeft = (await warrants(access.ledger, { all: false })).length > 0;
  return { told, ...(isLeft ? { againMs: lookAgainMs } : {}) };
}

async function step(access: TownAccess, warrant: Warrant): Promise<readonly string[]> {
  const { ledger, clock } = access;
  const { target } = warrant;
  const [session, agent] = await Promise.all([liveSession(access, target), ledger.agent(target)]);
  const now = clock.now();
  const next = decideWarrant(warrant, {
    now,
    hasSession: session !== undefined,
    strongAt: agent?.lastProgressAt ?? 0,
    saysAlive: session !== undefined && warrant.attempt > 0 && saysAlive(await screenOf(access, target)),
  });
  if (next.kind === "wait") return [];
  if (next.kind === "end") {
    await endWarrant(access, warrant, next.result);
    return [`${warrant.id} against ${target}: ${next.result}`];
  }
  // Written down before it is asked: a new daemon goes on with this question.
  await ledger.write(access.actor, [put({ ...warrant, attempt: next.attempt, askedAt: now })]);
  await nudge(access, {
    to: target,
    from: "deacon/",
    text: `Health check ${next.attempt}/3: do anything, or print ALIVE on a line of its own, within ${formatSpan(next.waitMs)}. Filed by ${warrant.filedBy}: ${warrant.reason}`,
    mode: "wait-idle",
    priority: "urgent",
  }).catch((error: unknown) => {
    // One that cannot even be asked is silent; whether it lives, the next look sees.
    if (!(error instanceof GtError)) throw error;
  });
  return [`${warrant.id} against ${target}: asked ${next.attempt}/3`];
}

async function screenOf(access: TownAccess, target: string): Promise<readonly string[]> {
  const host = await access.host({ start: false });
  return (await host.screen(sessionOfAddress(access.town, target))).lines;
}

const put = (warrant: Warrant): Operation => ({ op: "putRow", table, key: warrant.id, value: warrant });
