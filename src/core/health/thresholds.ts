import { durationSetting } from "../town/setting.ts";
import type { TownSettings } from "../town/settings.ts";

/** Limits of the health classes in milliseconds (spec/04 §0.6, `operational.health.*` and `operational.witness.spawn_grace`). */
export interface HealthThresholds {
  readonly stalledMs: number;
  readonly guppMs: number;
  readonly stalledRalphMs: number;
  readonly guppRalphMs: number;
  /** How far output alone can postpone a class. */
  readonly weakCreditMs: number;
  /** How long an agent may be `spawning` before its missing session counts as death. */
  readonly spawnGraceMs: number;
}

const minute = 60_000;

export const defaultThresholds: HealthThresholds = {
  stalledMs: 15 * minute,
  guppMs: 30 * minute,
  stalledRalphMs: 120 * minute,
  guppRalphMs: 240 * minute,
  weakCreditMs: 30 * minute,
  spawnGraceMs: 5 * minute,
};

/** The same from a town's settings. */
export function thresholdsOf(settings: TownSettings): HealthThresholds {
  return {
    stalledMs: durationSetting(settings, "operational.health.stalled"),
    guppMs: durationSetting(settings, "operational.health.gupp"),
    stalledRalphMs: durationSetting(settings, "operational.health.stalled_ralph"),
    guppRalphMs: durationSetting(settings, "operational.health.gupp_ralph"),
    weakCreditMs: durationSetting(settings, "operational.health.weak_credit"),
    spawnGraceMs: durationSetting(settings, "operational.witness.spawn_grace"),
  };
}
