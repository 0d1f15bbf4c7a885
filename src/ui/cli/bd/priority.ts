import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";

/** `0`..`4` or `P0`..`P4` in either case (spec/01 §2.3). */
export function parsePriority(text: string): number {
  const match = /^p?([0-4])$/i.exec(text.trim());
  if (match !== null) return Number(match[1]);
  throw new GtError("E_INVALID", `invalid priority "${sanitiseLine(text)}" (use 0-4 or P0-P4)`, {
    exitCode: 2,
  });
}
