/** One line of `<town>/.events.jsonl` (spec/06 §9.1). */
export interface TownEvent {
  /** RFC 3339 time of the fact. */
  readonly ts: string;
  readonly source: "gt" | "bd" | "daemon" | "host" | (string & {});
  readonly type: string;
  readonly actor: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly visibility: "feed" | "audit";
  /** Duplicate guard. */
  readonly id?: string;
}

export interface EventFilter {
  readonly types?: readonly string[];
  readonly rig?: string;
  readonly actor?: string;
  readonly bead?: string;
  readonly since?: number;
  readonly visibility?: "feed" | "audit";
}
