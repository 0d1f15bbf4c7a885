/**
 * The session host: one process per town that owns the pseudo-terminals of all agents and a headless screen for each
 * (spec/03 §5). It outlives the TUI, the daemon and every command. This is the face that clients see; `connectHost`
 * in `client.ts` gives one.
 */
export interface SessionHost {
  spawn(spec: SessionSpec): Promise<SessionRecord>;
  /** Ends the session's process tree: Ctrl-C, SIGTERM, SIGKILL (spec/03 §5.8). Resolves when it is gone. */
  stop(session: string, options: StopOptions): Promise<void>;
  /** Running sessions, and the last run of those that have ended (phase `exited`). */
  list(): Promise<readonly SessionRecord[]>;
  get(session: string): Promise<SessionRecord | undefined>;
  /** Types bytes into the terminal as they are. */
  write(session: string, data: string | Uint8Array): Promise<void>;
  /** The visible screen (and scrollback lines above it) as text. */
  screen(session: string, options?: { readonly scrollback?: number }): Promise<ScreenText>;
  /**
   * A live view: first a snapshot that redraws the terminal's state, then every byte. A view that acknowledges them more
   * slowly than the program writes gets pictures of the screen instead until the program is calm, then a snapshot.
   */
  attach(session: string, view: AttachOptions): Promise<Attachment>;
  /**
   * Delivers what is in the session's nudge queue as soon as its agent is idle (spec/03 §7.3). Resolves with the state
   * of the nudge `id`, waiting up to `waitMs` for its end.
   */
  deliver(session: string, nudge: { readonly id: string; readonly waitMs: number }): Promise<NudgeState>;
  /** What the runtime's own hooks say (spec/03 §4.2). `E_SESSION_RUN` for a run that is not the current one. */
  report(session: string, report: RuntimeReport): Promise<void>;
  /** Session life events: started, phase changes, exited. Returns the unsubscribe function. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
  /** Ends all sessions and then the host process; resolves when the process is gone. */
  shutdown(options: { readonly force: boolean }): Promise<void>;
  /** Closes this connection; sessions keep running. */
  disconnect(): void;
}

export interface SessionSpec {
  /** Session name of spec/04 §1.1, e.g. `web-nux`. Unique in the host; `E_SESSION_EXISTS` when alive. */
  readonly session: string;
  readonly actor: string;
  readonly role: string;
  readonly rig: string;
  readonly name: string;
  /** Runtime preset, e.g. `shell`, `claude`. */
  readonly agent: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The child's whole environment: nothing is inherited from the host. */
  readonly env: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  readonly bead?: string;
  readonly topic?: string;
  /** Text that starts the work, when the role has one of its own (spec/03 §5.6). */
  readonly instruction?: string;
  /** Generation of the session (`GT_RUN`): reports of any other run are refused. */
  readonly runId: string;
  /** How to read the program's screen. Without it the session is `working` until it exits, as `shell` sessions are. */
  readonly detection?: ScreenDetection;
}

/** What the host must know of a runtime to tell idle from working (spec/03 §1.1, §7.6). */
export interface ScreenDetection {
  /** Prefix of the line in which the runtime takes input. */
  readonly readyPrompt?: string;
  /** Text of the drawn input screen, as a regular expression: not ready before it is there. */
  readonly readyPattern?: string;
  /** A runtime without such a prefix counts as ready this long after its start. */
  readonly readyDelayMs?: number;
  /** Regular expression that replaces the default busy pattern. */
  readonly busyPattern?: string;
  /** Further start-up dialogs (regular expressions) and the keys that answer them. */
  readonly dialogs?: readonly { readonly match: string; readonly keys: readonly string[] }[];
  /** Further texts that mean a rate limit, also while the runtime looks busy, as regular expressions. */
  readonly limitPatterns?: readonly string[];
}

export type NudgeState = "queued" | "typed" | "acknowledged" | "failed" | "expired" | "cancelled";

export interface RuntimeReport {
  readonly runId: string;
  readonly event: "session-start" | "prompt" | "turn-end";
}

export type SessionPhase = "starting" | "dialog" | "idle" | "working" | "waiting" | "limited" | "exited";
export type ExitReason = "stopped" | "handoff" | "done" | "crashed" | "killed" | "host-lost";

/** Written to `.runtime/sessions/<session>.json` before the spawn and on each change (spec/03 §5.1). */
export interface SessionRecord {
  readonly session: string;
  readonly actor: string;
  readonly role: string;
  readonly rig: string;
  readonly name: string;
  readonly agent: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly runId: string;
  readonly pid: number;
  /** Kernel start time of the process, as an opaque string; guards against reuse of the pid. */
  readonly pidStartedAt: string;
  readonly managed: boolean;
  readonly startedAt: number;
  readonly readyAt?: number;
  readonly endedAt?: number;
  /** Somebody asked for the end. */
  readonly expected?: boolean;
  readonly exitCode?: number;
  readonly exitSignal?: number;
  readonly exitReason?: ExitReason;
  /** What whoever ended it has said about that. */
  readonly exitWhy?: string;
  readonly bead?: string;
  readonly topic?: string;
  readonly instruction?: string;
  readonly phase: SessionPhase;
  readonly phaseSince: number;
  /** When a session in phase `limited` may go on. */
  readonly limitedUntil?: number;
  /** What a session in phase `waiting` asks, at most 80 characters, safe to print. */
  readonly waitingFor?: string;
  readonly lastOutputAt?: number;
  readonly columns: number;
  readonly rows: number;
  /** Number of attached views. */
  readonly viewers: number;
}

export interface StopOptions {
  readonly reason: ExitReason;
  /** In words, for the event log: `done-not-exited`, `ghost`. */
  readonly why?: string;
  /** Starts at SIGTERM instead of Ctrl-C. */
  readonly force?: boolean;
  /** Stops only this generation. */
  readonly runId?: string;
}

export interface ScreenText {
  readonly lines: readonly string[];
  /** Indices of the lines that only go on with the one before them, which was too long for the terminal. */
  readonly wrapped: readonly number[];
  readonly columns: number;
  readonly rows: number;
  readonly cursor: { readonly x: number; readonly y: number };
}

export interface AttachOptions {
  readonly columns: number;
  readonly rows: number;
  /** A view that never resizes the pty (peek, TUI preview). */
  readonly passive?: boolean;
  readonly onData: (bytes: Uint8Array) => void;
  /** The pty has a new size (the largest attached view wins). */
  readonly onResize?: (columns: number, rows: number) => void;
  readonly onExit: (record: SessionRecord) => void;
}

export interface Attachment {
  readonly columns: number;
  readonly rows: number;
  write(data: string | Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Tells the host how many bytes were painted, so that it may send on. Call it for all data received. */
  acknowledge(bytes: number): void;
  /** Asks for a snapshot with what has scrolled away, which a view that fell behind does not have. */
  refresh(): void;
  detach(): void;
}

export type SessionEvent =
  | { readonly type: "started"; readonly record: SessionRecord }
  | { readonly type: "phase"; readonly record: SessionRecord }
  | { readonly type: "output"; readonly session: string; readonly at: number }
  | { readonly type: "exited"; readonly record: SessionRecord }
  /** The host is gone; all sessions with it. */
  | { readonly type: "lost" };
