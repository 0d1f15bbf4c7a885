import { GtError } from "../../core/gt-error.ts";
import { textSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";

/** False in minimal mode: agents are started by hand, and nothing here has a say over their processes (spec/04 §2.7). */
export function hasSessions(town: Town): boolean {
  return textSetting(town.settings(), "sessions.backend") !== "none";
}

/** `E_BY_HAND` in minimal mode. */
export function expectSessions(town: Town, address: string): void {
  if (hasSessions(town)) return;
  throw new GtError("E_BY_HAND", `${address} is started by hand: sessions.backend is none`, {
    hint: "gt config get sessions.backend",
  });
}
