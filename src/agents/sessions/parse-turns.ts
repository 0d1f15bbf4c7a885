/** What a program wrote and its screen does not show yet. */
interface Backlog {
  readonly parse: (bytes: Uint8Array) => void;
  readonly waiting: Waiting[];
  /** Bytes that were parsed at once since then. */
  quickSince: number;
  quickBytes: number;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly then: () => void;
}

/** A millisecond of parsing. */
const sliceBytes = 16 * 1024;
/** Floods are parsed for so long, then the thread rests: for those who type, and for the rest of the machine. */
const turnMs = 4;
const restMs = 4;
/** What a program that somebody talks with writes does not wait for a turn: so much in so long a time. */
const quickBytes = 8 * 1024;
const quickMs = 100;

/**
 * Shares the host's one thread among the screens of all sessions. Slices of those that flood are parsed in turn, for half
 * of the time at most; what a quiet program writes is parsed at once. So whoever types into one session waits a few
 * milliseconds, however many others flood.
 */
export class ParseTurns {
  readonly #backlogs = new Set<Backlog>();
  readonly #onFault: (error: unknown) => void;
  #turn: NodeJS.Timeout | undefined;

  /**
   * `onFault` hears what a screen's parser throws, by default as an uncaught exception. Those bytes count as parsed: one
   * broken screen must keep neither its program's end from being noticed nor any other screen from its turn.
   */
  constructor(onFault: (error: unknown) => void = throwLater) {
    this.#onFault = onFault;
  }

  /** A screen's place in the row; `parse` is given its bytes in order. */
  join(parse: (bytes: Uint8Array) => void): ScreenTurns {
    const backlog: Backlog = {
      ...{ waiting: [], quickSince: 0, quickBytes: 0 },
      parse: (bytes) => this.#guard(() => parse(bytes)),
    };
    return {
      write: (bytes, then) => this.#write(backlog, { bytes, then }),
      settle: (then) => {
        if (backlog.waiting.length === 0) setImmediate(then);
        else backlog.waiting.push({ bytes: new Uint8Array(0), then });
      },
      leave: () => {
        backlog.waiting.length = 0;
        this.#backlogs.delete(backlog);
      },
    };
  }

  #write(backlog: Backlog, written: Waiting): void {
    if (isQuick(backlog, written.bytes.length)) {
      backlog.parse(written.bytes);
      this.#guard(written.then);
      return;
    }
    backlog.waiting.push(written);
    this.#backlogs.add(backlog);
    this.#turn ??= setTimeout(this.#takeTurn, 0);
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#onFault(error);
    }
  }

  readonly #takeTurn = (): void => {
    const until = performance.now() + turnMs;
    for (const backlog of this.#backlogs) {
      // Behind the others for its next slice; the iteration comes to it again.
      this.#backlogs.delete(backlog);
      const parsed = parseSlice(backlog);
      if (parsed !== undefined) this.#guard(parsed);
      if (backlog.waiting.length > 0) this.#backlogs.add(backlog);
      if (performance.now() >= until) break;
    }
    this.#turn = this.#backlogs.size === 0 ? undefined : setTimeout(this.#takeTurn, restMs);
  };
}

export interface ScreenTurns {
  /** `then` runs when the bytes, and all before them, have been parsed. */
  write(bytes: Uint8Array, then: () => void): void;
  /** Runs `then` when everything written so far has been parsed. */
  settle(then: () => void): void;
  leave(): void;
}

function isQuick(backlog: Backlog, bytes: number): boolean {
  if (backlog.waiting.length > 0) return false;
  const now = performance.now();
  if (now - backlog.quickSince > quickMs) {
    backlog.quickSince = now;
    backlog.quickBytes = 0;
  }
  backlog.quickBytes += bytes;
  return backlog.quickBytes <= quickBytes;
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

/** What is to be run once the slice has been parsed, if it was the last one of what was written at once. */
function parseSlice({ waiting, parse }: Backlog): (() => void) | undefined {
  const [next] = waiting;
  if (next === undefined) return undefined;
  const { bytes, then } = next;
  if (bytes.length > sliceBytes) {
    waiting[0] = { bytes: bytes.subarray(sliceBytes), then };
    parse(bytes.subarray(0, sliceBytes));
    return undefined;
  }
  waiting.shift();
  parse(bytes);
  return then;
}
