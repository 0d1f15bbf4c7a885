import type { Clock } from "../../core/clock.ts";
import { dialogTitle } from "./dialog-title.ts";
import { limitReset } from "./limit-reset.ts";
import { decidePhase, normaliseScreen, type PhaseDecision, type PhaseFacts } from "./phase.ts";
import type { Screen } from "./screen.ts";
import type { RuntimeReport, ScreenDetection, SessionRecord } from "./session-host.ts";

export const lookEveryMs = 200;
const answerEveryMs = 2500;

export interface PhaseWatchOptions {
  readonly detection: ScreenDetection | undefined;
  readonly clock: Clock;
  readonly screen: Screen;
  /** How long the text of a rate limit must stand before it counts (spec/03 §5.9). */
  readonly limitConfirmMs: number | undefined;
  readonly record: () => SessionRecord;
  /** The text on the screen has changed. */
  readonly output: (at: number) => void;
  /** The session is in another phase. */
  readonly changed: (change: Partial<SessionRecord>) => void;
  /** A dialog is to be answered with these keys. */
  readonly answer: (keys: readonly string[]) => void;
}

/** Follows what a session's agent does, from its screen and from what its runtime reports (spec/03 §5.4, §5.9, §7.6). */
export class PhaseWatch {
  readonly #options: PhaseWatchOptions;
  #facts: Omit<PhaseFacts, "phase" | "lines">;
  #next: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #lookedAt = 0;
  #screenText = "";
  #answerAfter = 0;
  /** Limits in a row, without work in between. */
  #limits = 0;
  #isLimitOver = false;
  #worksSince: number | undefined;

  constructor(options: PhaseWatchOptions) {
    this.#options = options;
    const now = options.clock.now();
    this.#facts = { startedAt: now, changedAt: now };
  }

  /** When the agent was last seen to work; undefined when it never was. */
  get worksSince(): number | undefined {
    return this.#worksSince;
  }

  /** What the runtime's hooks report; they know better than the screen. */
  report(event: RuntimeReport["event"], at: number): void {
    this.#facts = { ...this.#facts, report: { event, at } };
    if (event === "prompt") this.#worksSince = at;
  }

  /** The limit's time has come: its text on the screen does not count any more until the screen changes. */
  liftLimit(): void {
    this.#isLimitOver = true;
    this.look();
  }

  /** Decides the phase `delayMs` from now, not more often than every 200 ms, without a timer while nothing happens. */
  lookSoon(delayMs: number): void {
    if (!this.#isAlive) return;
    const now = this.#options.clock.now();
    const at = Math.max(now + delayMs, this.#lookedAt + lookEveryMs);
    if (this.#next !== undefined) {
      if (this.#next.at <= at) return;
      clearTimeout(this.#next.timer);
    }
    const timer = setTimeout(() => {
      this.#next = undefined;
      this.look();
    }, at - now);
    this.#next = { timer, at };
  }

  look(): void {
    if (!this.#isAlive) return;
    const { detection, clock, screen, limitConfirmMs, record } = this.#options;
    const now = clock.now();
    this.#lookedAt = now;
    const lines = screen.lines();
    const text = normaliseScreen(lines);
    if (text !== this.#screenText) {
      this.#screenText = text;
      this.#isLimitOver = false;
      this.#facts = { ...this.#facts, changedAt: now };
      this.#options.output(now);
    }
    const decision = decidePhase(
      detection,
      { ...this.#facts, phase: record().phase, lines, isLimitOver: this.#isLimitOver },
      now,
      limitConfirmMs,
    );
    this.#follow(decision, now);
  }

  stop(): void {
    clearTimeout(this.#next?.timer);
    this.#next = undefined;
  }

  get #isAlive(): boolean {
    return this.#options.record().phase !== "exited";
  }

  #follow(decision: PhaseDecision, now: number): void {
    const { startedAt, changedAt, report } = this.#facts;
    const { promptSince, limitSince, dialogSince } = decision;
    this.#facts = {
      ...{ startedAt, changedAt },
      ...(report === undefined ? {} : { report }),
      ...(promptSince === undefined ? {} : { promptSince }),
      ...(limitSince === undefined ? {} : { limitSince }),
      ...(dialogSince === undefined ? {} : { dialogSince }),
    };
    if (decision.phase === "working") this.#worksSince = now;
    if (decision.answer !== undefined && now >= this.#answerAfter) {
      this.#answerAfter = now + answerEveryMs;
      this.#options.answer(decision.answer);
    }
    if (decision.phase !== this.#options.record().phase) this.#change(decision.phase, now);
    if (decision.recheckAt !== undefined) this.lookSoon(Math.max(0, decision.recheckAt - now));
  }

  #change(phase: PhaseDecision["phase"], now: number): void {
    const { screen, record, changed } = this.#options;
    const isFirstIdle = phase === "idle" && record().readyAt === undefined;
    if (phase === "working") this.#limits = 0;
    const limitedUntil =
      phase === "limited" ? limitReset(screen.lines().join("\n"), now, this.#limits++) : undefined;
    changed({
      ...{ phase, phaseSince: now },
      ...(isFirstIdle ? { readyAt: now } : {}),
      ...(limitedUntil === undefined ? {} : { limitedUntil }),
      ...(phase === "waiting" ? { waitingFor: dialogTitle(screen.lines()) } : {}),
    });
  }
}
