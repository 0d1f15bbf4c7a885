import { diskFullOf, isDiskFull } from "../../core/disk-full.ts";
import { readRecords, removeLastScreen, writeLastScreen, writeRecord } from "./session-records.ts";
import type { SessionRecord } from "./session-host.ts";

const againMs = 5000;

/**
 * Keeps the records of a living host on disk. They are for the host that comes after it: this one goes by its memory, so
 * that a full disk never keeps it from noticing what a session does, and writes what is missing when there is room again.
 */
export class RecordKeeper {
  readonly #directory: string;
  readonly #log: (line: string) => void;
  readonly #missing = new Map<string, SessionRecord>();
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, log: (line: string) => void) {
    this.#directory = directory;
    this.#log = log;
  }

  read(): readonly SessionRecord[] {
    return readRecords(this.#directory);
  }

  /** Before a program starts: it must not run when nobody could find it after a crash. Throws `E_DISK`. */
  begin(record: SessionRecord): void {
    removeLastScreen(this.#directory, record.session);
    try {
      writeRecord(this.#directory, record);
    } catch (error) {
      throw error instanceof Error && isDiskFull(error) ? diskFullOf(error) : error;
    }
  }

  keep(record: SessionRecord): void {
    try {
      writeRecord(this.#directory, record);
      this.#missing.delete(record.session);
    } catch (error) {
      if (this.#missing.size === 0) this.#log(`session records: ${(error as Error).message}`);
      this.#missing.set(record.session, record);
      this.#timer ??= setTimeout(() => this.#tryAgain(), againMs).unref();
    }
  }

  keepLastScreen(session: string, lines: readonly string[]): void {
    try {
      writeLastScreen(this.#directory, session, lines);
    } catch (error) {
      this.#log(`last screen of ${session}: ${(error as Error).message}`);
    }
  }

  #tryAgain(): void {
    this.#timer = undefined;
    for (const record of [...this.#missing.values()]) this.keep(record);
  }
}
