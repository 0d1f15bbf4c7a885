import { raising } from "../../../core/escalation/raise.ts";
import { hasSessions } from "../../sessions/backend.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";

const minute = 60_000;
const maxStartsPerMinute = 3;

/**
 * D2: keeps the session host of a town that is up running. Its death is noticed by the broken connection, a host that
 * hangs by the ping. `onConnected` restores the sessions of active hooks (spec/04 §8.3).
 */
export function hostDuty(context: DaemonContext, onConnected: () => void): Duty {
  let starts: number[] = [];
  return {
    key: "host",
    intervalMs: 3 * minute,
    timeoutMs: 30_000,
    run: async (): Promise<DutyResult> => {
      if (context.link.isConnected) {
        const host = await context.link.get({ start: false });
        await host.list(); // rejects when it does not answer
        return {};
      }
      if (!context.isOperational() || !hasSessions(context.town)) return {};
      const now = context.clock.now();
      starts = starts.filter((at) => at > now - minute);
      const [oldest] = starts;
      if (starts.length >= maxStartsPerMinute && oldest !== undefined) {
        context.log.warn("the session host died three times within a minute; waiting before the next start");
        await escalate(context);
        return { againMs: oldest + minute - now };
      }
      starts.push(now);
      await context.link.get({ start: true });
      context.log.info("connected to the session host");
      onConnected();
      return {};
    },
  };
}

async function escalate(context: DaemonContext): Promise<void> {
  const { operations } = await raising(context, {
    title: "the session host keeps dying",
    reason:
      "It was started three times within a minute. Look: logs/host.log. It is tried again every minute.",
    ...{ severity: "critical", by: context.actor, source: "daemon:host", same: "source" },
    eventSource: "daemon",
  });
  await context.ledger.write(context.actor, operations);
}
