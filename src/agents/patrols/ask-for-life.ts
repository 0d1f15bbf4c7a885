import { setTimeout as pause } from "node:timers/promises";
import { GtError } from "../../core/gt-error.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import { nudge } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";
import { patrolTable } from "./worker-memory.ts";

/** How an agent answered so far; a row of the table `patrols`. */
export interface LifeRecord {
  readonly askedAt: number;
  /** Silences in a row. */
  readonly failures: number;
}

export const lifePrefix = "life:";

export interface LifeLimits {
  readonly timeoutMs: number;
  readonly failures: number;
  readonly cooldownMs: number;
}

export interface LifeAnswer {
  readonly result: "alive" | "cooldown" | "silent" | "should-end";
  readonly failures: number;
}

const lookEveryMs = 250;

/**
 * Asks an agent for a sign of life and waits for one (spec/04 §10.1): a command that it runs, or something that it achieves.
 * The question is written down before it is asked. `E_SESSION_NOT_FOUND` when it has no session.
 */
export async function askForLife(
  access: TownAccess,
  address: string,
  limits: LifeLimits,
): Promise<LifeAnswer> {
  const { ledger, clock, actor } = access;
  const before = (await ledger.row<LifeRecord>(patrolTable, lifePrefix + address))?.value;
  const askedAt = clock.now();
  const failures = before?.failures ?? 0;
  if (before !== undefined && askedAt - before.askedAt < limits.cooldownMs)
    return { result: "cooldown", failures };
  const session = await liveSession(access, address);
  if (session === undefined)
    throw new GtError("E_SESSION_NOT_FOUND", `${address} has no session`, { hint: "gt agents" });
  const remember = (count: number): Promise<unknown> =>
    ledger.write(actor, [
      { op: "putRow", table: patrolTable, key: lifePrefix + address, value: { askedAt, failures: count } },
    ]);
  await remember(failures + 1);
  await nudge(access, {
    to: address,
    from: actor === address ? "deacon/" : actor,
    text: "Health check: run gt heartbeat, or go on with your work.",
    mode: "wait-idle",
  });
  for (const deadline = Date.now() + limits.timeoutMs; ; await pause(lookEveryMs)) {
    const agent = await ledger.agent(address);
    const signal = Math.max(agent?.lastActivity ?? 0, agent?.lastProgressAt ?? 0);
    if (signal > askedAt) {
      await remember(0);
      return { result: "alive", failures: 0 };
    }
    if (Date.now() >= deadline) break;
  }
  return { result: failures + 1 >= limits.failures ? "should-end" : "silent", failures: failures + 1 };
}
