import type { Operation } from "../../core/ledger/operation.ts";
import { randomWord } from "../../core/random.ts";
import { numberSetting } from "../../core/town/setting.ts";
import { enqueue } from "../sessions/nudge-queue.ts";
import type { TownAccess } from "../town-access.ts";
import { type Booked, localDay, markWarned, type Spender, spentOn } from "./cost-ledger.ts";

/** Percent of a budget at which people are told. */
const steps = [80, 100] as const;
const dayTable = "budget_days";
const finishTtlMs = 2 * 3_600_000;

/** The highest step that `spent` has reached; 0 below all. Pure. */
export function stepReached(spent: number, limit: number): number {
  if (limit <= 0) return 0;
  return steps.findLast((step) => spent * 100 >= limit * step) ?? 0;
}

/**
 * Tells of budgets that are nearly or wholly used up, once for each step. A session that has used up its own is asked to
 * finish; nothing is killed.
 */
export async function watchBudgets(access: TownAccess, spender: Spender, booked: Booked): Promise<void> {
  const { town, ledger } = access;
  const settings = town.settings();
  const ofSession = numberSetting(settings, "budget.session_usd");
  const step = stepReached(booked.usd, ofSession);
  if (step > (booked.warned ?? 0)) {
    await ledger.write(access.actor, [
      markWarned(spender.sessionId, booked, step),
      warning(spender.session, booked.usd, ofSession),
    ]);
    if (step >= 100 && spender.session !== "") await askToFinish(access, spender, booked.usd, ofSession);
  }
  await watchDay(access, numberSetting(settings, "budget.daily_usd"));
}

async function watchDay({ ledger, actor, clock }: TownAccess, limit: number): Promise<void> {
  if (limit <= 0) return;
  const day = localDay(clock.now());
  const spent = await spentOn(ledger, day);
  const step = stepReached(spent, limit);
  const told = (await ledger.row<number>(dayTable, day))?.value ?? 0;
  if (step > told)
    await ledger.write(actor, [
      { op: "putRow", table: dayTable, key: day, value: step },
      warning("day", spent, limit),
    ]);
}

function warning(scope: string, spent: number, limit: number): Operation {
  const cents = (usd: number): number => Math.round(usd * 100) / 100;
  return {
    op: "event",
    event: {
      type: "budget_warning",
      payload: { scope, spent: cents(spent), limit: cents(limit) },
      visibility: "feed",
    },
  };
}

async function askToFinish(
  { ledger, random, clock, host }: TownAccess,
  spender: Spender,
  spent: number,
  limit: number,
): Promise<void> {
  const now = clock.now();
  const id = randomWord(random, 10);
  const end = spender.role === "polecat" ? "`gt done` (or `gt done --status DEFERRED`)" : "end your turn";
  await enqueue(ledger, "system", {
    ...{ id, session: spender.session, to: spender.actor, sender: "system", kind: "say" },
    message: `This session has used $${spent.toFixed(2)} of its budget of $${limit.toFixed(2)}. Finish now: commit what you have, write down what is left with bd update --notes, then ${end}.`,
    ...{ priority: "urgent", mode: "wait-idle", attempts: 0, createdAt: now, expiresAt: now + finishTtlMs },
  });
  // Without a host the next prompt brings it.
  await host({ start: false })
    .then((running) => running.deliver(spender.session, { id, waitMs: 0 }))
    .catch(() => undefined);
}
