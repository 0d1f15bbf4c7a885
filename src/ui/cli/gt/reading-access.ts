import type { TownAccess } from "../../../agents/town-access.ts";
import { systemClock } from "../../../core/clock.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { systemRandom } from "../../../core/random.ts";
import type { CommandContext } from "../command.ts";

/**
 * Access for what an agent reads at its start. With a ledger that cannot be opened every question fails with the reason:
 * the agent must be told that, loudly, instead of getting nothing (spec/03 §6.4 `warn`).
 */
export async function readingAccess(context: CommandContext): Promise<TownAccess> {
  try {
    return await context.access();
  } catch (error) {
    const [town, actor] = [await context.town(), await context.actor()];
    const fail = () => Promise.reject(error instanceof Error ? error : new Error(String(error)));
    return {
      ...{ town, actor, clock: systemClock, random: systemRandom },
      ledger: new Proxy({ path: town.paths.ledger } as Ledger, {
        get: (target, name) => (name === "path" ? target.path : fail),
      }),
      host: () => Promise.reject(new GtError("E_HOST_DOWN", "the host is not asked without a ledger")),
    };
  }
}
