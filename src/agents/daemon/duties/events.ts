import { pruneArchives } from "../../../core/events/prune-archives.ts";
import { rotateEvents } from "../../../core/events/rotate-events.ts";
import { settingAt } from "../../../core/town/setting.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** D19: the event log stays short; a look at a file's size at each heartbeat (spec/04 §8.3, spec/06 §9.3). */
export function eventsDuty({ town, clock, log }: DaemonContext): Duty {
  return {
    key: "events",
    run: async () => {
      const maxBytes = sizeOf(settingAt(town.settings(), "events.max_bytes"));
      const now = clock.now();
      const archive = await rotateEvents(town.paths.events, { locksDir: town.paths.locks, maxBytes, now });
      if (archive !== undefined) log.info(`events: closed ${archive}`);
      for (const old of pruneArchives(town.paths.events, now)) log.info(`events: removed ${old}`);
    },
  };
}

const units: Readonly<Record<string, number>> = { "": 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** `16MB` in bytes. */
function sizeOf(value: unknown): number {
  const [, count, unit = ""] = /^(\d+)(KB|MB|GB)?$/.exec(String(value)) ?? [];
  return count === undefined ? 16 * 1024 ** 2 : Number(count) * (units[unit] ?? 1);
}
