/** Number of a detection in the table of spec/04 §9.2. */
export type Detection = `W${number}`;

interface Because {
  readonly detection: Detection;
  readonly reason: string;
}

/** One thing that the Witness does about one polecat (spec/04 §9.2). */
export type WorkerAction =
  | ({ readonly kind: "restart"; readonly hostLost?: boolean } & Because)
  /** Nothing yet; look again at this time. */
  | { readonly kind: "wait"; readonly detection: Detection; readonly until: number }
  | ({ readonly kind: "stuck"; readonly count: number } & Because)
  | ({ readonly kind: "end-session" } & Because)
  | { readonly kind: "nudge"; readonly detection: Detection; readonly text: string; readonly minutes: number }
  /** Says again what the agent is to begin with; `keys` are pressed first, where a screen waits for them. */
  | { readonly kind: "prod"; readonly detection: Detection; readonly keys: string; readonly minutes: number }
  | ({ readonly kind: "clear-hook" } & Because)
  /** The work is on its target: the bead is closed and the agent freed. */
  | ({ readonly kind: "close-landed" } & Because)
  | ({ readonly kind: "release" } & Because)
  /** Nothing is left of its sandbox and its session: its bead is somebody else's. */
  | ({ readonly kind: "abandon" } & Because)
  /** `gt done` COMPLETED, run here in the agent's name. */
  | ({ readonly kind: "hand-in" } & Because)
  /** Its `gt done` was recorded, but it was not set free. */
  | ({ readonly kind: "set-free" } & Because)
  /** Keeps what an idle sandbox still holds. `mark` is what it looked like. */
  | { readonly kind: "tidy"; readonly detection: Detection; readonly mark: string }
  /** Work is at risk and code cannot save it: a person is asked, once an assignment. */
  | ({ readonly kind: "ask" } & Because);
