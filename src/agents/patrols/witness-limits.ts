import { polecatRestartLimits, type RestartLimits } from "../../core/health/restart-series.ts";
import { durationSetting, numberSetting, textSetting } from "../../core/town/setting.ts";
import type { TownSettings } from "../../core/town/settings.ts";

/** When a Witness acts, and how often (spec/04 §9.2). Spans in milliseconds. */
export interface WitnessLimits {
  /** Minimal mode: a missing session says nothing, and nobody is started or ended (spec/04 §2.7). */
  readonly isByHand: boolean;
  readonly restarts: RestartLimits;
  /** An idle agent's session may outlive its work by so much (W3). */
  readonly endGraceMs: number;
  /** Sessions stay after the work is done; then only a quiet one is ended, later (D9). */
  readonly keepsSessions: boolean;
  /** A bead hooked this long without a session was forgotten (spec/04 §8.2). */
  readonly startGraceMs: number;
  readonly spawnGraceMs: number;
  /** A session so old and so quiet that has achieved nothing does not start (W6). */
  readonly startupStallMs: number;
  readonly startupQuietMs: number;
  readonly startupEveryMs: number;
  readonly startupTries: number;
  readonly promptQuietMs: number;
  readonly promptNudges: number;
  readonly stalledEveryMs: number;
  readonly stalledNudges: number;
  /** After the ping of W9, so long for a strong signal. */
  readonly guppAnswerMs: number;
  readonly guppEveryMs: number;
  /** After the bead was closed by somebody else, so long until the agent is freed (W5). */
  readonly closedGraceMs: number;
  /** After the agent closed it itself without handing in, so long until that is done for it (W23). */
  readonly handInGraceMs: number;
  /** A worktree is rebuilt so often in one assignment (W15). */
  readonly repairs: number;
  /** A push or submission that failed is tried again so often, so far apart (W18). */
  readonly retries: number;
  readonly retryEveryMs: number;
}

const second = 1000;
const minute = 60 * second;

export const witnessLimits: WitnessLimits = {
  isByHand: false,
  restarts: polecatRestartLimits,
  endGraceMs: 60 * second,
  keepsSessions: false,
  startGraceMs: 10 * second,
  spawnGraceMs: 5 * minute,
  startupStallMs: 90 * second,
  startupQuietMs: 60 * second,
  startupEveryMs: 30 * second,
  startupTries: 3,
  promptQuietMs: 5 * minute,
  promptNudges: 3,
  stalledEveryMs: 10 * minute,
  stalledNudges: 2,
  guppAnswerMs: 2 * minute,
  guppEveryMs: 30 * minute,
  closedGraceMs: 5 * minute,
  handInGraceMs: 10 * minute,
  repairs: 2,
  retries: 5,
  retryEveryMs: 5 * minute,
};

/** The same with what the town has set (spec/04 §0.6, `operational.witness.*`). */
export function witnessLimitsOf(settings: TownSettings): WitnessLimits {
  const keepsSessions = textSetting(settings, "operational.polecat.session_on_done") === "keep";
  return {
    ...witnessLimits,
    isByHand: textSetting(settings, "sessions.backend") === "none",
    restarts: {
      ...witnessLimits.restarts,
      maxRestarts: numberSetting(settings, "operational.witness.max_session_restarts"),
      windowMs: durationSetting(settings, "operational.witness.session_restart_window"),
    },
    keepsSessions,
    endGraceMs: keepsSessions
      ? durationSetting(settings, "operational.daemon.idle_polecat_session")
      : witnessLimits.endGraceMs,
    spawnGraceMs: durationSetting(settings, "operational.witness.spawn_grace"),
    startupStallMs: durationSetting(settings, "operational.witness.startup_stall"),
    startupQuietMs: durationSetting(settings, "operational.witness.startup_quiet"),
  };
}
