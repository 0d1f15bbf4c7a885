import type { BeadId } from "../ledger/bead.ts";
import type { ConvoyView } from "./convoy-view.ts";

/** How waiting for convoys ended (spec/05 §11). */
export type WaitResult = "landed" | "ended" | "stuck";

export interface WaitOptions {
  /** One of them is enough. */
  readonly any: boolean;
  /** Milliseconds for which a convoy may be stuck; undefined: for ever. */
  readonly stuckLimitMs: number | undefined;
  readonly now: number;
  /** Since when each stuck convoy has been so. */
  readonly stuckSince: ReadonlyMap<BeadId, number>;
}

/** Exit code of each result; the highest of several wins. */
export const waitExitCodes: Readonly<Record<WaitResult, number>> = { landed: 0, ended: 3, stuck: 4 };

/** Whether the wait is over, and how. Undefined while it goes on. Pure. */
export function waitResult(views: readonly ConvoyView[], options: WaitOptions): WaitResult | undefined {
  const results = views.map((view) => resultOf(view, options));
  if (options.any && results.includes("landed")) return "landed";
  if (results.some((result) => result === undefined)) return undefined;
  if (results.includes("stuck")) return "stuck";
  return results.includes("ended") ? "ended" : "landed";
}

function resultOf(view: ConvoyView, options: WaitOptions): WaitResult | undefined {
  if (view.state === "closed") return view.fields.outcome === "landed" ? "landed" : "ended";
  const since = options.stuckSince.get(view.id);
  if (options.stuckLimitMs === undefined || since === undefined) return undefined;
  return options.now - since >= options.stuckLimitMs ? "stuck" : undefined;
}

/** Convoys that do not move by themselves any more; behind a skipped bead they only are once all else is done. */
export function isStuck(view: ConvoyView): boolean {
  return view.state === "stuck";
}
