/** When the machine is too busy for more agents (`operational.daemon.pressure_*`, spec/04 §8.3). 0 switches a limit off. */
export interface PressureLimits {
  /** Load average per core. */
  readonly cpu: number;
  /** Gigabytes of memory that have to be free. */
  readonly memoryGb: number;
  /** Living sessions. */
  readonly sessions: number;
}

export interface MachineLoad {
  readonly loadPerCore: number;
  readonly freeMemoryGb: number;
  readonly sessions: number;
}

/** Why nothing new is started now; nothing when there is room. */
export function pressureOf(load: MachineLoad, limits: PressureLimits): string | undefined {
  if (limits.cpu > 0 && load.loadPerCore >= limits.cpu)
    return `load ${load.loadPerCore.toFixed(1)} per core, limit ${limits.cpu}`;
  if (limits.memoryGb > 0 && load.freeMemoryGb <= limits.memoryGb)
    return `${load.freeMemoryGb.toFixed(1)} GB of memory free, limit ${limits.memoryGb}`;
  if (limits.sessions > 0 && load.sessions >= limits.sessions)
    return `${load.sessions} sessions, limit ${limits.sessions}`;
  return undefined;
}
