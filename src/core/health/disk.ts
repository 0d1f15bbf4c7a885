/** Free space of the town's disk in MB at which something has to happen (spec/04 §8.3 D25). */
export interface DiskLimits {
  readonly warnMb: number;
  readonly blockMb: number;
  /** Below it everything stops by itself. */
  readonly stopMb: number;
}

export const emergencyMb = 100;

export type DiskLevel = "ample" | "low" | "blocked" | "emergency";

export function diskLevel(freeMb: number, limits: DiskLimits): DiskLevel {
  if (freeMb < limits.stopMb) return "emergency";
  if (freeMb < limits.blockMb) return "blocked";
  return freeMb < limits.warnMb ? "low" : "ample";
}

/**
 * What to do about emergency stops: an automatic one begins below 100 MB and ends only when there is room again, so that
 * it does not flutter; a person's stop is never lifted.
 */
export function decideDisk(
  level: DiskLevel,
  stop: { readonly kind: "manual" | "auto" } | undefined,
): "stop" | "thaw" | undefined {
  if (level === "emergency" && stop === undefined) return "stop";
  return level === "ample" && stop?.kind === "auto" ? "thaw" : undefined;
}
