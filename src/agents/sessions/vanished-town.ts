import { existsSync } from "node:fs";
import { join } from "node:path";

const lookEveryMs = 10_000;

/**
 * Calls `onGone` once when the town has been deleted or moved away: two looks in a row find no `mayor/town.json`.
 * A process that serves a town has nothing left to serve then, and nobody could find it to stop it.
 */
export function watchForVanishedTown(
  root: string,
  onGone: () => void,
  options: { readonly lookEveryMs?: number } = {},
): { close(): void } {
  let missed = 0;
  const timer = setInterval(() => {
    missed = existsSync(join(root, "mayor/town.json")) ? 0 : missed + 1;
    if (missed < 2) return;
    clearInterval(timer);
    onGone();
  }, options.lookEveryMs ?? lookEveryMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
