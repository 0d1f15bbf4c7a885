import { parseDuration } from "../../core/duration.ts";
import { GtError, usageError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { randomWord } from "../../core/random.ts";
import { isObject } from "../../core/town/json-file.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { isMuted } from "../../core/town/quiet-rigs.ts";
import type { Town } from "../../core/town/town.ts";
import { readStop, scopeOf, thawHint } from "../daemon/emergency-stop.ts";
import { wakeCall } from "../daemon/wake-call.ts";
import type { TownAccess } from "../town-access.ts";
import { unmanagedAgent } from "./identity-lock.ts";
import { findTarget, type Target } from "./find-target.ts";
import {
  enqueue,
  expiryAtLimit,
  type Nudge,
  type NudgeMode,
  type NudgePriority,
  nudgeEvent,
} from "./nudge-queue.ts";
import { cleanMessage } from "./nudge-text.ts";
import type { NudgeState, SessionHost, SessionRecord } from "./session-host.ts";

export interface NudgeRequest {
  /** Address, session name or bead. */
  readonly to: string;
  /** Canonical address of the sender. */
  readonly from: string;
  readonly text: string;
  readonly mode: NudgeMode;
  readonly priority?: NudgePriority;
  /** Also to a muted agent, and during an emergency stop when the overseer asks. */
  readonly force?: boolean;
  /** How long to wait for the outcome; 0 by default. */
  readonly waitMs?: number;
  readonly cwd?: string;
  /** Our own start-up text: typed as it is, without a sender. */
  readonly kind?: Nudge["kind"];
  /** One event for many nudges is written by whoever broadcasts. */
  readonly isQuiet?: boolean;
  /** Written together with the message of that id, or not at all. */
  readonly also?: (id: string) => readonly Operation[];
}

export interface NudgeReport {
  readonly id: string;
  readonly target: string;
  readonly session: string;
  /** `muted` and `skipped` were not sent; `woken` is a loop of the daemon. */
  readonly state: NudgeState | "muted" | "woken" | "skipped";
  /** Why it still waits: `busy`, `rate limited until 14:05`, `waiting on a dialog`. */
  readonly why?: string;
}

const maxMessage = 8000;

/**
 * Talks to a live session (spec/03 §7): the message is stored durably first, then the host delivers it when the agent
 * is idle, exactly once and alone. Errors leave nothing queued.
 */
export async function nudge(access: TownAccess, request: NudgeRequest): Promise<NudgeReport> {
  const { town, ledger, clock, random } = access;
  const message = cleanMessage(request.text);
  if (message === "")
    throw usageError("message required: use -m flag or provide as second argument", {
      hint: `gt nudge ${request.to} "<message>"`,
    });
  if (message.length > maxMessage)
    throw usageError(`message too long (${message.length} > ${maxMessage}): send mail instead`, {
      hint: `gt mail send ${request.to} -s "..." --stdin`,
    });
  const target = await findTarget(request.to, {
    ...{ town, ledger, actor: request.from },
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
  });
  if (target.actor === request.from) throw new GtError("E_TARGET", "cannot nudge yourself");
  const id = randomWord(random, 10);
  const now = clock.now();
  const urgent = request.priority === "urgent";
  const entry: Nudge = {
    id,
    session: target.session,
    to: target.actor,
    sender: request.from,
    message,
    priority: request.priority ?? "normal",
    mode: request.mode,
    kind: request.kind ?? "say",
    ...(request.isQuiet === true ? { isQuiet: true } : {}),
    createdAt: now,
    expiresAt: now + spanOf(town, urgent ? "urgent_ttl" : "normal_ttl", urgent ? "2h" : "30m"),
    attempts: 0,
  };
  const report = { id, target: target.actor, session: target.session };
  expectNoStop(town, target, request);
  if (isBuiltIn(town, target)) {
    await ledger.write(request.from, [wakeCall(target.actor, { at: now, id }), nudgeEvent(entry, "woken")]);
    return { ...report, state: "woken" };
  }
  if (request.force !== true && (await isMuted(town, ledger, await ledger.agent(target.actor)))) {
    if (request.isQuiet !== true) await ledger.write(request.from, [nudgeEvent(entry, "muted")]);
    return { ...report, state: "muted" };
  }
  const limits = {
    maxDepth: countOf(town, "max_queue_depth", 50),
    staleClaimMs: spanOf(town, "stale_claim", "5m"),
  };
  const host = await hostIfUp(access);
  const record = await host?.get(target.session);
  if (host === undefined || record === undefined || record.phase === "exited") {
    if (target.address.role === "deacon") return { ...report, state: "skipped" };
    // Started by hand: its own hooks fetch what is queued, and nobody can type to it.
    if (unmanagedAgent(town, target.actor) !== undefined) {
      await enqueue(ledger, request.from, entry, limits, request.also?.(id));
      return { ...report, state: "queued", why: "not managed by the session host" };
    }
    throw new GtError(
      "E_SESSION_NOT_FOUND",
      `session "${target.session}" not found (cannot queue nudge for nonexistent session)`,
      { hint: "gt agents" },
    );
  }
  if (request.mode === "immediate" && (record.phase === "dialog" || record.phase === "waiting")) {
    throw new GtError("E_SESSION_DIALOG", "session is waiting on a dialog: use gt attach", {
      hint: `gt attach ${target.actor}`,
    });
  }
  const { phase, limitedUntil } = record;
  const isLimited = phase === "limited" && limitedUntil !== undefined;
  const expiresAt = isLimited ? expiryAtLimit(entry.expiresAt, limitedUntil) : entry.expiresAt;
  await enqueue(ledger, request.from, { ...entry, expiresAt }, limits, request.also?.(id));
  if (request.mode === "queue") return { ...report, state: "queued" };
  return { ...report, ...(await delivered(host, record, { id, waitMs: request.waitMs ?? 0 })) };
}

/** Asks the host to hand it over. The message is stored: a host that dies now delivers it when it is back. */
async function delivered(
  host: SessionHost,
  record: SessionRecord,
  entry: { readonly id: string; readonly waitMs: number },
): Promise<Pick<NudgeReport, "state" | "why">> {
  try {
    const state = await host.deliver(record.session, entry);
    if (state !== "queued") return { state };
    const why = whyQueued((await host.get(record.session)) ?? record);
    return { state, ...(why === undefined ? {} : { why }) };
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_LOST")
      return { state: "queued", why: "host is down" };
    throw error;
  }
}

function whyQueued(record: SessionRecord): string | undefined {
  switch (record.phase) {
    case "limited":
      return record.limitedUntil === undefined
        ? "rate limited"
        : `rate limited until ${clockTime(record.limitedUntil)}`;
    case "dialog":
    case "waiting":
      return "waiting on a dialog";
    case "starting":
      return "starting";
    default:
      return "busy";
  }
}

function clockTime(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

async function hostIfUp(access: TownAccess): Promise<SessionHost | undefined> {
  try {
    return await access.host({ start: false });
  } catch (error) {
    if (error instanceof GtError && error.code === "E_HOST_DOWN") return undefined;
    throw error;
  }
}

function expectNoStop(town: Town, target: Target, request: NudgeRequest): void {
  const stop = readStop(town, target.address.rig === "" ? undefined : target.address.rig);
  if (stop === undefined || (request.force === true && request.from === "overseer")) return;
  throw new GtError("E_ESTOP", `emergency stop of ${scopeOf(stop)} is active: nothing is delivered`, {
    hint: thawHint(stop),
  });
}

/** Patrol roles run as code inside the daemon unless `mayor/daemon.json` says `agent` (spec/04 §8.3). */
export function isBuiltIn(town: Town, target: Pick<Target, "address">): boolean {
  const { role } = target.address;
  if (role !== "witness" && role !== "refinery" && role !== "deacon" && role !== "boot") return false;
  return readPatrols(town)(role).mode === "builtin";
}

function spanOf(town: Town, key: string, initial: string): number {
  const value = nudgeSettings(town)[key];
  return parseDuration(typeof value === "string" ? value : initial) ?? parseDuration(initial) ?? 0;
}

function countOf(town: Town, key: string, initial: number): number {
  const value = nudgeSettings(town)[key];
  return typeof value === "number" ? value : initial;
}

function nudgeSettings(town: Town): Readonly<Record<string, unknown>> {
  const operational = town.settings()["operational"];
  const settings = isObject(operational) ? operational["nudge"] : undefined;
  return isObject(settings) ? settings : {};
}
