import { availableParallelism, freemem, loadavg } from "node:os";
import { pressureOf } from "../../core/health/pressure.ts";
import { numberSetting } from "../../core/town/setting.ts";
import { hostSnapshot } from "../patrols/agent-health.ts";
import type { TownAccess } from "../town-access.ts";
import type { DaemonLog } from "./daemon-log.ts";

const giga = 1024 ** 3;

/**
 * Refuses new polecats and dogs while the machine is too busy, and says so once per reason until it clears, whoever asks
 * (spec/04 §8.3).
 */
export class PressureGate {
  readonly #context: TownAccess & { readonly log: DaemonLog };
  #told = "";

  constructor(context: TownAccess & { readonly log: DaemonLog }) {
    this.#context = context;
  }

  async isOpen(): Promise<boolean> {
    const { town, log } = this.#context;
    const settings = town.settings();
    const limits = {
      cpu: numberSetting(settings, "operational.daemon.pressure_cpu"),
      memoryGb: numberSetting(settings, "operational.daemon.pressure_mem_gb"),
      sessions: numberSetting(settings, "operational.daemon.pressure_sessions"),
    };
    // Off by default: then nothing is asked of anybody.
    if (limits.cpu === 0 && limits.memoryGb === 0 && limits.sessions === 0) return true;
    const { sessions } = await hostSnapshot(this.#context);
    const reason = pressureOf(
      {
        loadPerCore: (loadavg()[0] ?? 0) / availableParallelism(),
        freeMemoryGb: freemem() / giga,
        sessions: [...sessions.values()].filter((record) => record.phase !== "exited").length,
      },
      limits,
    );
    const kind = reason?.split(" ")[0] ?? "";
    if (kind !== this.#told)
      log.info(reason === undefined ? "pressure: cleared" : `pressure: nothing new starts: ${reason}`);
    this.#told = kind;
    return reason === undefined;
  }
}

/** While the gate is closed, so often is looked whether it may open. */
export const pressureAgainMs = 30_000;
