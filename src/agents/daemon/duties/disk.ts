import { formatTime } from "../../../core/clock.ts";
import { decideDisk, type DiskLevel, diskLevel, emergencyMb } from "../../../core/health/disk.ts";
import { freeDiskMb } from "../../../core/health/free-disk.ts";
import { numberSetting } from "../../../core/town/setting.ts";
import type { Town } from "../../../core/town/town.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { readStop } from "../emergency-stop.ts";
import { estop, thaw } from "../estop.ts";
import { keepStopReserve } from "../write-stop.ts";

/** Too little for anything that can wait: new sandboxes, snapshots that nothing depends on (spec/04 §8.3 D25). */
export async function isDiskTight(town: Town, free: typeof freeDiskMb = freeDiskMb): Promise<boolean> {
  return (await free(town.root)) < numberSetting(town.settings(), "operational.disk.block_mb");
}

/** D25: warns when the disk runs full, and stops everything before it is full. */
export function diskDuty(context: DaemonContext, free: (path: string) => Promise<number> = freeDiskMb): Duty {
  let told: DiskLevel = "ample";
  return {
    key: "disk",
    intervalMs: 60_000,
    run: async () => {
      const settings = context.town.settings();
      const freeMb = await free(context.town.root);
      const level = diskLevel(freeMb, {
        warnMb: numberSetting(settings, "operational.disk.warn_mb"),
        blockMb: numberSetting(settings, "operational.disk.block_mb"),
        stopMb: emergencyMb,
      });
      if (level !== told) context.log.warn(`disk: ${freeMb} MB free (${level})`);
      told = level;
      const action = decideDisk(level, readStop(context.town));
      if (action === "stop")
        await estop(context, { kind: "auto", reason: `only ${freeMb} MB of disk are free` });
      if (action === "thaw") await thaw(context);
      if (level !== "emergency") await keepStopReserve(context.town, formatTime(context.clock.now()));
    },
  };
}
