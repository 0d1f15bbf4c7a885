import type { Clock } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import { HostedSession, notRunning, otherRun, type SessionTimes } from "./hosted-session.ts";
import { RecordKeeper } from "./record-keeper.ts";
import type { ScreenText, SessionEvent, SessionRecord, SessionSpec, StopOptions } from "./session-host.ts";

/** Screen text of a running session is told to subscribers at most once in this time. */
const outputEveryMs = 1000;
const lastScreenLines = 200;

export interface HostOptions {
  /** Where session records are kept. */
  readonly records: string;
  /** Sessions that ended with the host before this one, whatever their records say. */
  readonly lost?: readonly SessionRecord[];
  readonly clock: Clock;
  readonly times: SessionTimes;
  /** Every event, `output` included. */
  readonly publish: (event: SessionEvent) => void;
  readonly log: (line: string) => void;
}

/** All sessions of a town, by name. What the host process does, without sockets and locks. */
export class Host {
  readonly #options: HostOptions;
  readonly #records: RecordKeeper;
  readonly #live = new Map<string, HostedSession>();
  /** Last run of each session that has ended. */
  readonly #ended = new Map<string, SessionRecord>();
  readonly #toldOutputAt = new Map<string, number>();
  #isClosing = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#records = new RecordKeeper(options.records, options.log);
    for (const record of [...this.#records.read(), ...(options.lost ?? [])])
      this.#ended.set(record.session, record);
  }

  spawn(spec: SessionSpec): SessionRecord {
    if (this.#isClosing)
      throw new GtError("E_HOST_DOWN", "the session host is shutting down", { hint: "gt up" });
    const running = this.#live.get(spec.session);
    if (running !== undefined) {
      throw new GtError("E_SESSION_EXISTS", `session "${spec.session}" is already running`, {
        hint: `gt attach ${spec.actor}`,
        details: { session: spec.session, pid: running.record.pid, runId: running.record.runId },
      });
    }
    const previous = this.#ended.get(spec.session);
    let session: HostedSession | undefined;
    try {
      session = new HostedSession(spec, this.#options.clock, this.#options.times, {
        changed: (record, what) => this.#changed(record, what),
        output: (name, at) => this.#tellOutput(name, at),
      });
    } catch (error) {
      if (previous !== undefined) this.#records.keep(previous);
      throw error;
    }
    this.#live.set(spec.session, session);
    this.#ended.delete(spec.session);
    return session.record;
  }

  async stop(name: string, options: StopOptions): Promise<void> {
    const session = this.#find(name);
    if (options.runId !== undefined && options.runId !== session.record.runId) {
      throw otherRun(name, session.record.runId);
    }
    await session.stop(options);
  }

  list(): readonly SessionRecord[] {
    return [...[...this.#live.values()].map((session) => session.record), ...this.#ended.values()];
  }

  get(name: string): SessionRecord | undefined {
    return this.#live.get(name)?.record ?? this.#ended.get(name);
  }

  write(name: string, bytes: Uint8Array): void {
    this.#find(name).write(bytes);
  }

  screen(name: string, scrollback: number): Promise<ScreenText> {
    return this.#find(name).text(scrollback);
  }

  session(name: string): HostedSession {
    return this.#find(name);
  }

  /** The session when it is running. */
  live(name: string): HostedSession | undefined {
    return this.#live.get(name);
  }

  /** Writes all records anew, after somebody cleared their directory. */
  writeRecords(): void {
    for (const record of this.list()) this.#records.keep(record);
  }

  /** Ends every session; no new one starts any more. */
  async close(options: { readonly force: boolean }): Promise<void> {
    this.#isClosing = true;
    await Promise.all(
      [...this.#live.values()].map((session) => session.stop({ reason: "stopped", force: options.force })),
    );
  }

  #find(name: string): HostedSession {
    const session = this.#live.get(name);
    if (session === undefined) throw notRunning(name);
    return session;
  }

  #changed(record: SessionRecord, what: "started" | "phase" | "exited" | "size"): void {
    if (record.pid === 0) this.#records.begin(record);
    else this.#records.keep(record);
    if (what === "exited") this.#exited(record);
    if (what !== "size") this.#options.publish({ type: what, record });
  }

  #exited(record: SessionRecord): void {
    const session = this.#live.get(record.session);
    this.#live.delete(record.session);
    this.#toldOutputAt.delete(record.session);
    this.#ended.set(record.session, record);
    if (session === undefined) return;
    this.#records.keepLastScreen(record.session, session.lastLines(lastScreenLines));
    // Views are told the end after this, from the screen as it is.
    setImmediate(() => session.dispose());
  }

  #tellOutput(name: string, at: number): void {
    if (at - (this.#toldOutputAt.get(name) ?? 0) < outputEveryMs) return;
    this.#toldOutputAt.set(name, at);
    this.#options.publish({ type: "output", session: name, at });
  }
}
