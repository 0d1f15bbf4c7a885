/** Something the daemon does again and again; every run looks at the world anew (spec/04 §8.1). */
export interface Duty {
  readonly key: string;
  /** Safety net: it also runs when nothing has woken it for so long. Without it only `wake` runs it. */
  readonly intervalMs?: number | undefined;
  /** A run that takes longer is reported, told to stop, and never joined by a second one. */
  readonly timeoutMs?: number;
  /** May ask to be run again after so many milliseconds. */
  run(signal: AbortSignal): Promise<DutyResult | undefined | void>;
}

export interface DutyResult {
  /** Run again at the latest after so many milliseconds, e.g. when a backoff ends. */
  readonly againMs?: number;
}

export interface DutyReport {
  readonly key: string;
  readonly kind: "failed" | "timed-out" | "returned";
  readonly message: string;
}

export interface DutyStatus {
  readonly key: string;
  /** Nothing for one that only runs when it is woken. */
  readonly intervalMs?: number;
  readonly timeoutMs: number;
  readonly isRunning: boolean;
  readonly runs: number;
  readonly failures: number;
  readonly lastStartedAt?: number;
  readonly lastEndedAt?: number;
  readonly lastError?: string;
}

interface Slot {
  readonly duty: Duty;
  running: Promise<void> | undefined;
  isWoken: boolean;
  timer: NodeJS.Timeout | undefined;
  dueAt: number;
  controller: AbortController;
  runs: number;
  failures: number;
  lastStartedAt: number | undefined;
  lastEndedAt: number | undefined;
  lastError: string | undefined;
}

const defaultTimeoutMs = 60_000;
/** Wake-ups that come in a burst are answered by one run. */
const coalesceMs = 20;

/**
 * Runs duties so that one that fails or hangs never stops another, none runs twice at once, and a wake-up during a run
 * is answered by one more run after it.
 */
export class DutyRunner {
  readonly #slots = new Map<string, Slot>();
  readonly #atWork = new Set<string>();
  readonly #report: (report: DutyReport) => void;
  readonly #now: () => number;
  readonly #tellActive: (keys: readonly string[]) => void;
  #isStopped = false;

  /** `tellActive` hears of the duties at work each time that one begins or ends. */
  constructor(
    report: (report: DutyReport) => void,
    options: { readonly now?: () => number; readonly tellActive?: (keys: readonly string[]) => void } = {},
  ) {
    this.#report = report;
    this.#now = options.now ?? Date.now;
    this.#tellActive = options.tellActive ?? (() => undefined);
  }

  /** Takes the duty over and runs it at once; a duty of the same key is replaced after its run. */
  add(duty: Duty): void {
    this.remove(duty.key);
    const slot: Slot = {
      duty,
      running: undefined,
      isWoken: false,
      timer: undefined,
      dueAt: Number.POSITIVE_INFINITY,
      controller: new AbortController(),
      runs: 0,
      failures: 0,
      lastStartedAt: undefined,
      lastEndedAt: undefined,
      lastError: undefined,
    };
    this.#slots.set(duty.key, slot);
    this.#schedule(slot, 0);
  }

  remove(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    clearTimeout(slot.timer);
    slot.controller.abort();
  }

  keys(): readonly string[] {
    return [...this.#slots.keys()];
  }

  /** Runs the duty soon. Unknown keys are ignored: the duty may be switched off. */
  wake(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    if (slot.running !== undefined) slot.isWoken = true;
    else this.#schedule(slot, coalesceMs);
  }

  /** Wakes all duties whose key begins so. */
  wakeAll(prefix = ""): void {
    for (const key of this.#slots.keys()) if (key.startsWith(prefix)) this.wake(key);
  }

  status(): readonly DutyStatus[] {
    return [...this.#slots.values()].map((slot) => ({
      key: slot.duty.key,
      ...(slot.duty.intervalMs === undefined ? {} : { intervalMs: slot.duty.intervalMs }),
      timeoutMs: slot.duty.timeoutMs ?? defaultTimeoutMs,
      isRunning: slot.running !== undefined,
      runs: slot.runs,
      failures: slot.failures,
      ...(slot.lastStartedAt === undefined ? {} : { lastStartedAt: slot.lastStartedAt }),
      ...(slot.lastEndedAt === undefined ? {} : { lastEndedAt: slot.lastEndedAt }),
      ...(slot.lastError === undefined ? {} : { lastError: slot.lastError }),
    }));
  }

  /** Starts nothing any more, tells running duties to stop, and waits for them at most so long. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    const running: Promise<void>[] = [];
    for (const slot of this.#slots.values()) {
      clearTimeout(slot.timer);
      slot.controller.abort();
      if (slot.running !== undefined) running.push(slot.running);
    }
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.all(running), patience]);
    clearTimeout(timer);
  }

  /** Makes the next run happen after `delayMs` at the latest; an earlier appointment stands. */
  #schedule(slot: Slot, delayMs: number): void {
    const dueAt = this.#now() + delayMs;
    if (this.#isStopped || dueAt >= slot.dueAt) return;
    clearTimeout(slot.timer);
    slot.dueAt = dueAt;
    slot.timer = setTimeout(() => this.#start(slot), delayMs);
  }

  #start(slot: Slot): void {
    slot.dueAt = Number.POSITIVE_INFINITY;
    slot.isWoken = false;
    slot.runs++;
    slot.lastStartedAt = this.#now();
    const { duty } = slot;
    const timeoutMs = duty.timeoutMs ?? defaultTimeoutMs;
    let isLate = false;
    const timeLimit = setTimeout(() => {
      isLate = true;
      slot.controller.abort();
      this.#report({ key: duty.key, kind: "timed-out", message: `still running after ${timeoutMs} ms` });
    }, timeoutMs);
    let againMs = duty.intervalMs;
    // `async` so that a duty that throws before its first await is caught like any other.
    const run = async (): Promise<void> => {
      const result = await duty.run(slot.controller.signal);
      if (result?.againMs !== undefined)
        againMs = Math.min(againMs ?? Number.POSITIVE_INFINITY, result.againMs);
      slot.lastError = undefined;
    };
    this.#atWork.add(duty.key);
    this.#tellActive([...this.#atWork]);
    slot.running = run()
      .catch((error: unknown) => {
        slot.failures++;
        slot.lastError = error instanceof Error ? error.message : String(error);
        if (this.#isStopped) return;
        this.#report({ key: duty.key, kind: "failed", message: slot.lastError });
      })
      .finally(() => {
        clearTimeout(timeLimit);
        this.#atWork.delete(duty.key);
        this.#tellActive([...this.#atWork]);
        slot.running = undefined;
        slot.lastEndedAt = this.#now();
        if (isLate) {
          slot.controller = new AbortController();
          this.#report({ key: duty.key, kind: "returned", message: "returned after its time limit" });
        }
        if (this.#slots.get(duty.key) !== slot) return;
        if (slot.isWoken) this.#schedule(slot, coalesceMs);
        else if (againMs !== undefined) this.#schedule(slot, againMs);
      });
  }
}
