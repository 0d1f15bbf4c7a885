import { raising } from "../../core/escalation/raise.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { enqueueSling } from "../../core/scheduler/sling-context.ts";
import { durationSetting, numberSetting } from "../../core/town/setting.ts";
import type { TownSettings } from "../../core/town/settings.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";

/** How often a bead that came back has been queued again by itself, and when last; part of its field `recovery`. */
export interface Redispatches {
  readonly count: number;
  readonly lastAt?: number;
}

export interface RedispatchLimits {
  readonly max: number;
  readonly cooldownMs: number;
}

export type RedispatchPlan =
  /** It may start from then on. */
  { readonly kind: "queue"; readonly from: number } | { readonly kind: "spent" };

export const redispatchLimits = (settings: TownSettings): RedispatchLimits => ({
  max: numberSetting(settings, "operational.deacon.redispatch_max"),
  cooldownMs: durationSetting(settings, "operational.deacon.redispatch_cooldown"),
});

export function redispatchesOf(bead: Pick<Bead, "metadata">): Redispatches {
  const recovery = bead.metadata["recovery"] as Readonly<Record<string, unknown>> | undefined;
  const { redispatches, last_redispatch_at: lastAt } = recovery ?? {};
  return {
    count: typeof redispatches === "number" ? redispatches : 0,
    ...(typeof lastAt === "number" ? { lastAt } : {}),
  };
}

/** Whether and from when a bead that came back is tried again by itself (spec/04 §9.3). Pure. */
export function planRedispatch(before: Redispatches, now: number, limits: RedispatchLimits): RedispatchPlan {
  if (before.count >= limits.max) return { kind: "spent" };
  return { kind: "queue", from: Math.max(now, (before.lastAt ?? 0) + limits.cooldownMs) };
}

export interface Redispatching {
  readonly operations: readonly Operation[];
  /** For the bead's field `recovery`. */
  readonly recovery: Readonly<Record<string, number>>;
}

/** Queues the bead once more, or says once that nobody tries it again without a person. For the batch that opens it. */
export async function redispatching(
  access: TownAccess,
  rig: Rig,
  bead: Bead,
  limits: RedispatchLimits,
): Promise<Redispatching> {
  const now = access.clock.now();
  const before = redispatchesOf(bead);
  const plan = planRedispatch(before, now, limits);
  if (plan.kind === "spent")
    return {
      operations: await tellingSpent(access, rig, bead, before.count),
      recovery: { escalated_at: now },
    };
  const context = { bead: bead.id, rig: rig.name, reason: "rework", enqueued_at: now } as const;
  return {
    operations: enqueueSling(
      { ...context, ...(plan.from > now ? { not_before: plan.from } : {}) },
      bead.title,
    ),
    recovery: { redispatches: before.count + 1, last_redispatch_at: plan.from },
  };
}

async function tellingSpent(
  access: TownAccess,
  rig: Rig,
  bead: Bead,
  attempts: number,
): Promise<readonly Operation[]> {
  const raised = await raising(access, {
    title: `${bead.id} came back ${attempts} times and is not tried again by itself`,
    reason: `Once the cause is gone: gt sling respawn-reset ${bead.id}, then gt deacon redispatch ${bead.id}`,
    severity: "medium",
    by: access.actor,
    source: `deacon:redispatch:${bead.id}`,
    same: "source",
    related: bead.id,
    tier: "mayor",
    protocol: {
      subject: `REDISPATCH_FAILED: ${bead.id} (${attempts} attempts)`,
      values: { Bead: bead.id, Attempts: attempts, "Last Rig": rig.name },
    },
    event: { target: bead.id, rig: rig.name },
    eventSource: "daemon",
  });
  return raised.operations;
}
