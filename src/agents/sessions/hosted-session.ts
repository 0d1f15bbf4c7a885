import type { Clock } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import { expectStartable } from "./expect-startable.ts";
import { lookEveryMs, PhaseWatch } from "./phase-watch.ts";
import { isSameProcess, processStartTime } from "./process-identity.ts";
import { endProcessTree, type ProcessTree, processesOf } from "./process-tree.ts";
import { openPty, type Pty } from "./pty.ts";
import { Screen } from "./screen.ts";
import type {
  ExitReason,
  RuntimeReport,
  ScreenText,
  SessionRecord,
  SessionSpec,
  StopOptions,
} from "./session-host.ts";
import { SessionViews, type ViewSize } from "./session-views.ts";
import type { Viewer, ViewerSink } from "./viewer.ts";

/** Unparsed bytes at which the pty is no longer read, and at which it is read again. */
const pauseAtBytes = 256 * 1024;
const resumeAtBytes = 64 * 1024;
/** Typed bytes that a program may leave unread. */
const maxUnreadBytes = 1024 * 1024;
/** A person who typed this recently is still at it. */
const typingMs = 10_000;
const defaultSize = { columns: 200, rows: 50 };

export interface SessionTimes {
  /** From Ctrl-C to SIGTERM (spec/03 §5.8). */
  readonly gracefulMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly terminateMs: number;
  /** How long the text of a rate limit must stand before it counts (spec/03 §5.9); ten seconds by default. */
  readonly limitConfirmMs?: number;
}

export interface SessionListener {
  /** The record is about to change on disk; `started` and `exited` come once. */
  changed(record: SessionRecord, what: "started" | "phase" | "exited" | "size"): void;
  /** The text on the screen has changed. */
  output(session: string, at: number): void;
}

/** One program in a pseudo-terminal, with its screen, its viewers and its phase. */
export class HostedSession {
  readonly #spec: SessionSpec;
  readonly #clock: Clock;
  readonly #times: SessionTimes;
  readonly #listener: SessionListener;
  readonly #screen: Screen;
  readonly #pty: Pty;
  readonly #views: SessionViews;
  readonly #gone = Promise.withResolvers<void>();
  #record: SessionRecord;
  #unparsed = 0;
  #isPaused = false;
  #stopping: Promise<void> | undefined;
  #stopReason: ExitReason | undefined;
  #typedAt = 0;
  readonly #watch: PhaseWatch;
  readonly #watchers = new Set<() => void>();

  /** Starts the program. Throws `E_SESSION_START` when it cannot be. */
  constructor(spec: SessionSpec, clock: Clock, times: SessionTimes, listener: SessionListener) {
    expectStartable(spec);
    this.#spec = spec;
    this.#clock = clock;
    this.#times = times;
    this.#listener = listener;
    const columns = spec.columns ?? defaultSize.columns;
    const rows = spec.rows ?? defaultSize.rows;
    const now = clock.now();
    const { session, actor, role, rig, name, agent, argv, cwd, runId } = spec;
    this.#record = {
      ...{ session, actor, role, rig, name, agent, argv, cwd, runId },
      pid: 0,
      pidStartedAt: "",
      managed: true,
      startedAt: now,
      ...(spec.bead === undefined ? {} : { bead: spec.bead }),
      ...(spec.topic === undefined ? {} : { topic: spec.topic }),
      ...(spec.instruction === undefined ? {} : { instruction: spec.instruction }),
      ...(spec.detection === undefined ? { readyAt: now } : {}),
      phase: spec.detection === undefined ? "working" : "starting",
      phaseSince: now,
      columns,
      rows,
      viewers: 0,
    };
    // On disk before the program runs: whoever finds the record after a crash finds the program by its run id.
    this.#listener.changed(this.#record, "size");
    this.#screen = new Screen(columns, rows, (reply) => this.#reply(reply));
    this.#views = new SessionViews(this.#screen, (toColumns, toRows) => this.#resized(toColumns, toRows));
    this.#watch = new PhaseWatch({
      ...{ detection: spec.detection, clock, screen: this.#screen, limitConfirmMs: times.limitConfirmMs },
      record: () => this.#record,
      output: (at) => this.#hasChanged(at),
      changed: (change) => this.#update(change, "phase"),
      answer: (keys) => void this.#press(keys),
    });
    this.#pty = openPty({
      ...{ argv, cwd, env: spec.env, columns, rows },
      onData: (bytes) => this.#receive(bytes),
      onExit: (exit) => this.#screen.settle(() => this.#exited(exit.code, exit.signal)),
    });
    this.#update({ pid: this.#pty.pid, pidStartedAt: processStartTime(this.#pty.pid) ?? "" }, "started");
    // A program that says nothing gets ready, too.
    if (spec.detection !== undefined) this.#watch.lookSoon(lookEveryMs);
  }

  get record(): SessionRecord {
    return this.#record;
  }

  get isAlive(): boolean {
    return this.#record.phase !== "exited";
  }

  get tree(): ProcessTree {
    return { pid: this.#record.pid, startedAt: this.#record.pidStartedAt, runId: this.#spec.runId };
  }

  /** The agent has worked on something since it was started. */
  get hasWorked(): boolean {
    return this.#watch.worksSince !== undefined;
  }

  /** Idleness is seen on the screen, not guessed from silence. */
  get showsIdleness(): boolean {
    return (this.#spec.detection?.readyPrompt ?? "") !== "";
  }

  get bracketedPaste(): boolean {
    return this.#screen.bracketedPaste;
  }

  /** Unsent text stands in the input line. False where the input line cannot be told. */
  get holdsDraft(): boolean {
    return this.#screen.draft(this.#spec.detection?.readyPrompt) !== "";
  }

  /** Whether a person is writing: keys of theirs arrived just now, or unsent text stands in the input line. */
  hasDraft(now: number): boolean {
    return now - this.#typedAt < typingMs || this.holdsDraft;
  }

  /** What a person types into an attached view. */
  typeByHand(bytes: Uint8Array): void {
    this.#typedAt = this.#clock.now();
    this.write(bytes);
  }

  /** What the runtime's hooks report; they know better than the screen. */
  report({ runId, event }: RuntimeReport): void {
    if (runId !== this.#spec.runId) throw otherRun(this.#spec.session, this.#spec.runId);
    const now = this.#clock.now();
    this.#watch.report(event, now);
    if (event === "session-start" && this.#record.readyAt === undefined)
      this.#update({ readyAt: now }, "phase");
    for (const look of [...this.#watchers]) look();
    this.#watch.lookSoon(0);
  }

  /** The limit's time has come: its text on the screen does not count any more until the screen changes. */
  liftLimit(): void {
    if (this.#record.phase !== "limited") return;
    this.#watch.liftLimit();
  }

  /** Waits until the agent works on what was submitted at `since`, or `waitMs` have passed, and tells what is known. */
  async settled(
    since: number,
    waitMs: number,
  ): Promise<{
    readonly isAlive: boolean;
    readonly isIdle: boolean;
    readonly worksSince: number | undefined;
  }> {
    const began = (): number | undefined => {
      const { worksSince } = this.#watch;
      return worksSince !== undefined && worksSince >= since ? worksSince : undefined;
    };
    const done = Promise.withResolvers<void>();
    const look = (): void => {
      if (began() !== undefined || !this.isAlive) done.resolve();
    };
    const timer = setTimeout(() => done.resolve(), waitMs);
    this.#watchers.add(look);
    look();
    await done.promise;
    this.#watchers.delete(look);
    clearTimeout(timer);
    return { isAlive: this.isAlive, isIdle: this.#record.phase === "idle", worksSince: began() };
  }

  /** Types bytes. Throws `E_SESSION_DEAF` when the program has left too many unread. */
  write(bytes: string | Uint8Array): void {
    this.#expectAlive();
    if (this.#pty.unread > maxUnreadBytes) {
      throw new GtError("E_SESSION_DEAF", `session "${this.#spec.session}" does not read its input`, {
        hint: `gt peek ${this.#spec.actor}`,
      });
    }
    this.#pty.write(bytes);
  }

  text(scrollback: number): Promise<ScreenText> {
    return new Promise((resolve) => this.#screen.settle(() => resolve(this.#screen.text(scrollback))));
  }

  attach(size: ViewSize, sink: ViewerSink, onExit: (record: SessionRecord) => void): Viewer {
    this.#expectAlive();
    const viewer = this.#views.attach(size, sink, onExit);
    this.#update({ viewers: this.#views.count }, "size");
    return viewer;
  }

  resizeViewer(viewer: Viewer, columns: number, rows: number): void {
    this.#views.resize(viewer, columns, rows);
  }

  detach(viewer: Viewer): void {
    if (this.#views.detach(viewer) && this.isAlive) this.#update({ viewers: this.#views.count }, "size");
  }

  /** Ctrl-C, SIGTERM, SIGKILL, each only as long as something of the session runs (spec/03 §5.8). */
  stop(options: StopOptions): Promise<void> {
    if (!this.isAlive) return this.#gone.promise;
    // A watch keeper may see the program's death before this host does. It then clears away what is left, and the end that
    // is told is still the program's own (W2, spec/04 §9.2).
    const { pid, pidStartedAt } = this.#record;
    if (options.reason !== "killed" || isSameProcess(pid, pidStartedAt)) {
      this.#stopReason ??= options.reason;
      this.#update(
        { expected: true, ...(options.why === undefined ? {} : { exitWhy: options.why }) },
        "size",
      );
    }
    this.#stopping ??= this.#end(options.force === true);
    return this.#stopping;
  }

  /** Last lines for whoever asks what the session showed at its end. */
  lastLines(count: number): readonly string[] {
    const lines = this.#screen.lines(count);
    const end = lines.findLastIndex((line) => line !== "") + 1;
    return lines.slice(Math.max(0, end - count), end);
  }

  /** Frees the screen of a session that has ended. */
  dispose(): void {
    this.#screen.dispose();
  }

  async #end(force: boolean): Promise<void> {
    if (!force) {
      if (this.#pty.unread <= maxUnreadBytes) this.#pty.write("\x03");
      await Promise.race([this.#gone.promise, pause(this.#times.gracefulMs)]);
    }
    if (this.isAlive) await endProcessTree(this.tree, this.#times.terminateMs);
    await this.#gone.promise;
  }

  #receive(bytes: Uint8Array): void {
    this.#unparsed += bytes.length;
    if (this.#unparsed > pauseAtBytes && !this.#isPaused) {
      this.#isPaused = true;
      this.#pty.pause();
    }
    this.#screen.write(bytes, () => this.#parsed(bytes));
  }

  #parsed(bytes: Uint8Array): void {
    this.#unparsed -= bytes.length;
    if (this.#isPaused && this.#unparsed < resumeAtBytes) {
      this.#isPaused = false;
      this.#pty.resume();
    }
    this.#views.parsed(bytes);
    // Whoever has just submitted something must see even the shortest turn.
    if (this.#watchers.size > 0) this.#watch.look();
    else this.#watch.lookSoon(lookEveryMs);
  }

  #resized(columns: number, rows: number): void {
    if (!this.isAlive) return;
    this.#pty.resize(columns, rows);
    this.#update({ columns, rows }, "size");
  }

  #reply(text: string): void {
    if (this.isAlive && this.#pty.unread <= maxUnreadBytes) this.#pty.write(text);
  }

  #exited(code: number, signal: number): void {
    this.#watch.stop();
    const reason = this.#stopReason ?? (signal !== 0 ? "killed" : code === 0 ? "done" : "crashed");
    const now = this.#clock.now();
    const tellViews = this.#views.end();
    this.#update(
      {
        ...{ phase: "exited", phaseSince: now, endedAt: now, viewers: 0, exitReason: reason },
        ...{ exitCode: code, expected: this.#stopReason !== undefined },
        ...(signal === 0 ? {} : { exitSignal: signal }),
      },
      "exited",
    );
    tellViews(this.#record);
    void this.#sweep();
  }

  /** The session is over for what its program left running, too: nothing may work on beside a successor. */
  async #sweep(): Promise<void> {
    if (processesOf(this.tree).length > 0) await endProcessTree(this.tree, this.#times.terminateMs);
    this.#gone.resolve();
  }

  #hasChanged(at: number): void {
    this.#record = { ...this.#record, lastOutputAt: at };
    this.#listener.output(this.#spec.session, at);
  }

  /** Answers a dialog; menus need a moment between keys. */
  async #press(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await pause(lookEveryMs);
      if (!this.isAlive) return;
      this.#pty.write(key);
    }
  }

  #update(change: Partial<SessionRecord>, what: Parameters<SessionListener["changed"]>[1]): void {
    this.#record = { ...this.#record, ...change };
    this.#listener.changed(this.#record, what);
    for (const look of [...this.#watchers]) look();
  }

  #expectAlive(): void {
    if (!this.isAlive) throw notRunning(this.#spec.session);
  }
}

export function notRunning(session: string): GtError {
  return new GtError("E_SESSION_NOT_FOUND", `session "${session}" not running`, { hint: "gt agents" });
}

export function otherRun(session: string, runId: string): GtError {
  return new GtError("E_SESSION_RUN", `session "${session}" is another run by now`, { details: { runId } });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
