/** Town settings with all defaults filled in (spec/07 §6.3). Extended by the chapters that own the keys. */
export interface TownSettings {
  readonly default_agent: string;
  readonly [key: string]: unknown;
}

/** Rig settings with all layers applied (spec/07 §6.4, spec/05 §4.3). */
export interface RigSettings {
  readonly [key: string]: unknown;
}
