import { setTimeout as pause } from "node:timers/promises";
import { GtError } from "../../core/gt-error.ts";
import type { TownAccess } from "../town-access.ts";
import { planRotation, type Rotation, rotate } from "./rotate.ts";

export interface QuotaWatch {
  readonly intervalMs: number;
  /** Only tells what would be done. */
  readonly isPlan: boolean;
  readonly signal: AbortSignal;
  readonly tell: (plan: readonly Rotation[]) => void;
  /** Why nothing can be done now; said once until it has changed. */
  readonly warn: (problem: string) => void;
}

/** Rotates away from limits whenever there are some, until the signal (spec/03 §10.4). Nothing free is no end: it will be. */
export async function watchQuota(access: TownAccess, watch: QuotaWatch): Promise<void> {
  let problem = "";
  while (!watch.signal.aborted) {
    try {
      const plan = await planRotation(access, {});
      if (!watch.isPlan) await rotate(access, plan);
      if (plan.length > 0) watch.tell(plan);
      problem = "";
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      if (error.message !== problem) watch.warn(error.message);
      problem = error.message;
    }
    await pause(watch.intervalMs, undefined, { signal: watch.signal }).catch(() => undefined);
  }
}
