import { limitedSessions, planRotation, rotate } from "../../accounts/rotate.ts";
import { GtError } from "../../../core/gt-error.ts";
import { parseAddress } from "../../../core/town/address.ts";
import { hasSessions } from "../../sessions/backend.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";

const lookAgainMs = 5 * 60_000;

/**
 * D22: sessions that stand at a rate limit go on with another account of the same provider; where none is free they wait
 * for their limit's end, which costs nothing (spec/04 §8.3, spec/03 §10.4). Woken by the host when a session is limited.
 */
export function quotaDuty(context: DaemonContext): Duty {
  let told = "";
  const tellOnce = (text: string): void => {
    if (text !== told && text !== "") context.log.info(`quota: ${text}`);
    told = text;
  };
  return {
    key: "quota",
    timeoutMs: 2 * 60_000,
    run: async (signal): Promise<DutyResult> => {
      if (!context.isOperational() || !hasSessions(context.town)) return {};
      if ((await limitedSessions(context)).length === 0) {
        tellOnce("");
        return {};
      }
      try {
        const plan = (await planRotation(context, {})).filter(({ address }) =>
          context.isOperational(parseAddress(address)?.rig || undefined),
        );
        for (const each of plan) {
          if (signal.aborted) break;
          await rotate(context, [each]);
          context.log.info(`quota: ${each.session}: ${each.from} -> ${each.to}`);
        }
        tellOnce("");
      } catch (error) {
        if (!(error instanceof GtError && error.code === "E_QUOTA")) throw error;
        tellOnce(`${error.message}; the sessions wait for the end of their limits`);
      }
      return { againMs: lookAgainMs };
    },
  };
}
