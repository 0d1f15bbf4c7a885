import type { Sha } from "./queue-state.ts";

/** The items of an abandoned run, in order. Before the stack is recorded their landing commits are unknown. */
export interface AbandonedRun {
  readonly ids: readonly string[];
  readonly items: readonly { readonly id: string; readonly landing: Sha }[];
}

/**
 * What became of a run whose process died: ancestry alone decides (spec/05 §2.11). Landing commits are a chain, so that
 * everything up to the last one found on the target has landed.
 */
export function recover(
  run: AbandonedRun,
  isOnTarget: (sha: Sha) => boolean,
): { readonly landed: readonly string[]; readonly release: readonly string[] } {
  const last = run.items.findLastIndex((item) => isOnTarget(item.landing));
  const landed = run.items.slice(0, last + 1).map((item) => item.id);
  return { landed, release: run.ids.filter((id) => !landed.includes(id)) };
}
