import { setTimeout as pause } from "node:timers/promises";
import { GtError } from "../../core/gt-error.ts";
import { readSleeps, sleptSince } from "../../core/health/machine-sleep.ts";
import { type LifeLimits, type LifeRecord, lifeState } from "../../core/health/sign-of-life.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { parseAddress } from "../../core/town/address.ts";
import { durationSetting, numberSetting } from "../../core/town/setting.ts";
import type { TownSettings } from "../../core/town/settings.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import { nudge } from "../sessions/nudge.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import { pending, settle } from "../sessions/nudge-queue.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import { isMuted } from "../../core/town/quiet-rigs.ts";
import type { TownAccess } from "../town-access.ts";
import { patrolTable } from "./worker-memory.ts";

export const lifePrefix = "life:";

export interface LifeAnswer {
  /** `asked`: somebody asked a moment ago, and the answer may still come. */
  readonly result: "alive" | "asked" | "cooldown" | "silent" | "should-end";
  /** Silences in a row. */
  readonly failures: number;
}

const lookEveryMs = 250;

export function lifeLimits(settings: TownSettings): LifeLimits {
  return {
    timeoutMs: durationSetting(settings, "operational.deacon.ping_timeout"),
    failures: numberSetting(settings, "operational.deacon.ping_failures"),
    cooldownMs: durationSetting(settings, "operational.deacon.ping_cooldown"),
  };
}

/** A command that it ran, or something that it achieved; what is on its screen proves nothing (spec/04 §10.1). */
export function signalOf(agent: Agent | undefined): number {
  return Math.max(agent?.lastActivity ?? 0, agent?.lastProgressAt ?? 0);
}

export async function lifeOf(
  { ledger }: Pick<TownAccess, "ledger">,
  address: string,
): Promise<RuntimeRow<LifeRecord> | undefined> {
  return ledger.row<LifeRecord>(patrolTable, lifePrefix + address);
}

/**
 * Asks an agent for a sign of life and waits for one (spec/04 §10.1), unless it was asked lately, by whomever.
 * `E_SESSION_NOT_FOUND` when it has no session; `E_MUTED`, `E_RATE_LIMITED`, `E_SESSION_DIALOG` when it cannot answer.
 */
export async function askForLife(
  access: TownAccess,
  address: string,
  limits: LifeLimits,
): Promise<LifeAnswer> {
  const { ledger } = access;
  const asked = await ask(access, address, limits);
  if (!asked.isNew) return asked;
  const { askedAt, failures } = asked;
  for (const deadline = Date.now() + limits.timeoutMs; ; await pause(lookEveryMs)) {
    if (signalOf(await ledger.agent(address)) > askedAt) {
      const row = await lifeOf(access, address);
      if (row !== undefined) await forgetSilence(access, address, row.value);
      return { result: "alive", failures: 0 };
    }
    if (Date.now() >= deadline) break;
  }
  return { result: failures >= limits.failures ? "should-end" : "silent", failures };
}

export type Asked =
  /** `failures` counts this question, too. */
  | { readonly isNew: true; readonly askedAt: number; readonly failures: number }
  | ({ readonly isNew: false } & LifeAnswer);

/** The same without waiting for the answer, which the next look finds. */
export async function ask(access: TownAccess, address: string, limits: LifeLimits): Promise<Asked> {
  const { ledger, clock } = access;
  const row = await lifeOf(access, address);
  const session = await liveSession(access, address);
  if (session === undefined)
    throw new GtError("E_SESSION_NOT_FOUND", `${address} has no session`, { hint: "gt agents" });
  const agent = await ledger.agent(address);
  if (await isMuted(access.town, ledger, agent))
    throw new GtError("E_MUTED", `${address} is muted: nobody may ask it`, { hint: "gt up" });
  expectAnswerable(address, session);
  const askedAt = clock.now();
  let failures = 0;
  if (row !== undefined) {
    const ageMs =
      askedAt - row.value.askedAt - sleptSince(await readSleeps(ledger), row.value.askedAt, askedAt);
    const signalAt = Math.max(signalOf(agent), session.startedAt);
    const state = lifeState(row.value, { signalAt, ageMs }, limits);
    failures = state.failures;
    if (ageMs < limits.cooldownMs)
      return { isNew: false, result: state.kind === "asked" ? "asked" : "cooldown", failures };
  }
  await putQuestion(access, address, { row, failures: failures + 1 });
  return { isNew: true, askedAt, failures: failures + 1 };
}

/** Who waits for the end of a limit or for a person is silent for a reason, and no question is answered before that. */
function expectAnswerable(address: string, { phase }: SessionRecord): void {
  if (phase === "limited")
    throw new GtError("E_RATE_LIMITED", `${address} is at its rate limit`, { hint: "gt quota status" });
  if (phase === "waiting" || phase === "dialog")
    throw new GtError("E_SESSION_DIALOG", `${address} waits for a person`, { hint: `gt attach ${address}` });
}

export interface Question {
  /** The last one, as it was read: `E_CONFLICT` when somebody has asked since. */
  readonly row: RuntimeRow<LifeRecord> | undefined;
  /** Silences in a row, this question included. */
  readonly failures: number;
  readonly silentSince?: number;
}

/** Asks; the question is counted exactly when it is in the agent's queue. One that waits there already is not doubled. */
export async function putQuestion(
  access: TownAccess,
  address: string,
  { row, failures, silentSince }: Question,
): Promise<void> {
  const record = {
    ...{ askedAt: access.clock.now(), failures },
    ...(silentSince === undefined ? {} : { silentSince }),
  };
  const counted = (id: string | undefined): readonly Operation[] => [
    { op: "expectRow", table: patrolTable, key: lifePrefix + address, rev: row?.rev ?? null },
    lifeOperation(address, { ...record, ...(id === undefined ? {} : { nudge: id }) }),
  ];
  const waiting = row === undefined ? undefined : await waitingQuestion(access, address, row.value);
  if (waiting !== undefined) {
    await access.ledger.write(access.actor, counted(waiting.id));
    const host = await access.host({ start: false });
    await host.deliver(waiting.session, { id: waiting.id, waitMs: 0 });
    return;
  }
  const from = access.actor === "daemon" || access.actor === address ? "deacon/" : access.actor;
  try {
    await nudge(access, {
      to: address,
      from: from === address ? "deacon/boot" : from,
      text: `Health check: ${textFor(address)}`,
      mode: "wait-idle",
      also: counted,
    });
  } catch (error) {
    // It takes none of the messages that it has: one more would tell nothing new.
    if (!(error instanceof GtError && error.code === "E_NUDGE_FULL")) throw error;
    await access.ledger.write(access.actor, counted(undefined));
  }
}

/** The question, while its session has not taken it. */
export async function waitingQuestion(access: TownAccess, address: string, { nudge: id }: LifeRecord) {
  if (id === undefined) return undefined;
  const queue = await pending(access.ledger, sessionOfAddress(access.town, address), access.clock.now());
  return queue.find((each) => each.id === id);
}

/** The count begins anew, and a question that nobody has taken is not asked any more. */
export async function forgetSilence(access: TownAccess, address: string, record: LifeRecord): Promise<void> {
  const waiting = await waitingQuestion(access, address, record);
  if (waiting !== undefined && waiting.claim === undefined)
    await settle(access.ledger, access.actor, waiting, "cancelled");
  await access.ledger.write(access.actor, [lifeOperation(address, { askedAt: record.askedAt, failures: 0 })]);
}

const lifeOperation = (address: string, value: LifeRecord): Operation => ({
  op: "putRow",
  table: patrolTable,
  key: lifePrefix + address,
  value,
});

function textFor(address: string): string {
  const role = parseAddress(address)?.role;
  if (role === "mayor") return "read your mail, or run gt heartbeat.";
  if (role === "deacon" || role === "witness" || role === "refinery")
    return "do your rounds, or run gt heartbeat.";
  return "run gt heartbeat, or go on with your work.";
}
