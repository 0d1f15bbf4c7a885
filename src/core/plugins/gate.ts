import { formatSpan } from "../duration.ts";
import { lastDue, nextDue } from "./cron.ts";
import type { PluginGate } from "./plugin.ts";

/** What a gate's decision rests on. Times in milliseconds since the epoch. */
export interface GateFacts {
  readonly now: number;
  /** Start of the last run, whatever came of it: a run that crashed counts. */
  readonly lastRunAt?: number;
  /** When a person switched it on: what was due before is not made up for. */
  readonly enabledAt?: number;
  /** When its condition was tried last. */
  readonly lastCheckedAt?: number;
  /** The newest event that it waits for. */
  readonly eventAt?: number;
}

export type GateDecision =
  | { readonly kind: "open"; readonly reason: string }
  /** Its condition is to be tried: exit 0 opens it. */
  | { readonly kind: "check"; readonly command: string }
  | { readonly kind: "closed"; readonly reason: string; readonly dueAt?: number };

const day = 24 * 3_600_000;
/** Runs because of events are at least so far apart. */
const eventEveryMs = 60_000;

/** Whether a plugin runs now by itself (spec/04 §11). Missed times of a schedule are made up for once, of the last day. Pure. */
export function decideGate(gate: PluginGate, facts: GateFacts): GateDecision {
  const { now } = facts;
  const last = facts.lastRunAt ?? 0;
  switch (gate.type) {
    case "manual":
      return { kind: "closed", reason: "it runs when somebody says so" };
    case "cooldown": {
      const dueAt = last + gate.durationMs;
      if (last === 0 || now >= dueAt) return { kind: "open", reason: "its cooldown is over" };
      return { kind: "closed", reason: `it cools down for ${formatSpan(dueAt - now)}`, dueAt };
    }
    case "cron": {
      const due = lastDue(gate.schedule, Math.max(last, facts.enabledAt ?? 0, now - day), now);
      if (due !== undefined) return { kind: "open", reason: `it was due by "${gate.text}"` };
      const dueAt = nextDue(gate.schedule, now, 8 * day);
      return { kind: "closed", reason: `its schedule is "${gate.text}"`, ...(dueAt ? { dueAt } : {}) };
    }
    case "condition": {
      const dueAt = Math.max(facts.lastCheckedAt ?? 0, last) + gate.everyMs;
      if ((facts.lastCheckedAt === undefined && last === 0) || now >= dueAt)
        return { kind: "check", command: gate.check };
      return { kind: "closed", reason: "its condition was tried lately", dueAt };
    }
    case "event": {
      const at = facts.eventAt;
      if (at === undefined || at <= last) return { kind: "closed", reason: `it waits for "${gate.on}"` };
      const dueAt = last + eventEveryMs;
      if (now < dueAt) return { kind: "closed", reason: "it ran within the last minute", dueAt };
      return { kind: "open", reason: `"${gate.on}" happened` };
    }
  }
}
