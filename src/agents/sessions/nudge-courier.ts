import type { Clock } from "../../core/clock.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Host } from "./host.ts";
import type { HostedSession } from "./hosted-session.ts";
import {
  claim,
  dropQueue,
  enqueue,
  type Nudge,
  outlastLimit,
  pending,
  settle,
  unclaim,
} from "./nudge-queue.ts";
import { typedText } from "./nudge-text.ts";
import type { NudgeState, SessionRecord } from "./session-host.ts";
import { type TypingResult, typeMessage } from "./type-message.ts";

/** Messages in one block, and failed deliveries after which a message is given up (spec/03 §7.4, §7.5). */
const blockSize = 10;
const maxAttempts = 2;
const draftRetryMs = 5000;
const usualAfterLimitMs = 30_000;
/** Sessions of one account do not all come back in the same second. */
const staggerMs = 5000;
const resumeTtlMs = 10 * 60_000;

/**
 * Delivers queued nudges: to one session one at a time, only when its agent is idle and nobody is typing, each exactly
 * once. The ledger's rows are the queue; what this holds in memory may be lost at any moment.
 */
export class NudgeCourier {
  readonly #host: Host;
  readonly #ledger: () => Promise<Ledger>;
  readonly #clock: Clock;
  readonly #log: (line: string) => void;
  readonly #afterLimitMs: number;
  /** Sessions being served, and those that were asked for meanwhile. */
  readonly #serving = new Map<string, { isAskedAgain: boolean }>();
  readonly #outcomes = new Map<string, NudgeState>();
  readonly #waiters = new Map<string, Set<(state: NudgeState) => void>>();
  /** Sessions at a rate limit, with the moment of their resumption. */
  readonly #limits = new Map<string, NodeJS.Timeout>();
  readonly #retries = new Map<string, NodeJS.Timeout>();

  constructor(
    host: Host,
    ledger: () => Promise<Ledger>,
    clock: Clock,
    log: (line: string) => void,
    afterLimitMs = usualAfterLimitMs,
  ) {
    this.#host = host;
    this.#afterLimitMs = afterLimitMs;
    this.#ledger = ledger;
    this.#clock = clock;
    this.#log = log;
  }

  /** Looks at the session's queue now. Returns at once; a session that is busy is looked at again when it is idle. */
  kick(session: string): void {
    const served = this.#serving.get(session);
    if (served !== undefined) {
      served.isAskedAgain = true;
      return;
    }
    void this.#serve(session);
  }

  /** What has become of a nudge, waiting up to `waitMs` for its end. */
  async outcome(session: string, id: string, waitMs: number): Promise<NudgeState> {
    this.kick(session);
    const known = this.#outcomes.get(id);
    if (known !== undefined) return known;
    const end = Promise.withResolvers<NudgeState>();
    const waiters = this.#waiters.get(id) ?? new Set();
    this.#waiters.set(id, waiters.add(end.resolve));
    const timer = setTimeout(() => end.resolve("queued"), waitMs);
    try {
      return await end.promise;
    } finally {
      clearTimeout(timer);
      waiters.delete(end.resolve);
      if (waiters.size === 0) this.#waiters.delete(id);
    }
  }

  /** The agent has reached a rate limit: some time after its end it is told, once, to go on (spec/03 §5.9). */
  limited(record: SessionRecord): void {
    const { session, limitedUntil } = record;
    if (limitedUntil === undefined) return;
    clearTimeout(this.#limits.get(session));
    const at = limitedUntil + this.#afterLimitMs + this.#limits.size * staggerMs;
    const timer = setTimeout(() => void this.#resume(record), Math.max(0, at - this.#clock.now()));
    this.#limits.set(session, timer);
    void this.#keep(session, limitedUntil);
  }

  async #keep(session: string, limitedUntil: number): Promise<void> {
    try {
      await outlastLimit(await this.#ledger(), session, limitedUntil);
    } catch (error) {
      this.#log(`nudges of ${session}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #resume({ session: name, runId, actor }: SessionRecord): Promise<void> {
    this.#limits.delete(name);
    const session = this.#host.live(name);
    if (session === undefined || session.record.runId !== runId || session.record.phase !== "limited") return;
    const now = this.#clock.now();
    try {
      await enqueue(await this.#ledger(), "system", {
        ...{ id: `limit-${runId}-${now}`, session: name, to: actor, sender: "system" },
        ...{ message: "Continue.", priority: "urgent", mode: "wait-idle", kind: "instruct" },
        ...{ createdAt: now, expiresAt: now + resumeTtlMs, attempts: 0 },
      });
    } catch (error) {
      this.#log(`limit of ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    session.liftLimit();
    this.kick(name);
  }

  /** The session has ended. A script's successor is another script: what it did not read is dropped. */
  async ended(session: string, agent: string): Promise<void> {
    clearTimeout(this.#retries.get(session));
    this.#retries.delete(session);
    clearTimeout(this.#limits.get(session));
    this.#limits.delete(session);
    if (agent !== "shell") return;
    const ledger = await this.#ledger();
    const dropped = await pending(ledger, session, this.#clock.now());
    await dropQueue(ledger, session);
    for (const nudge of dropped) this.#tell(nudge, "expired");
  }

  async #serve(name: string): Promise<void> {
    const served = { isAskedAgain: false };
    this.#serving.set(name, served);
    try {
      do {
        served.isAskedAgain = false;
        while (await this.#deliverNext(name));
      } while (served.isAskedAgain);
    } catch (error) {
      this.#log(`nudges of ${name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#serving.delete(name);
    }
  }

  /** One delivery; false when there is nothing to do now. */
  async #deliverNext(name: string): Promise<boolean> {
    const session = this.#host.live(name);
    if (session === undefined) return false;
    const isIdle = session.record.phase === "idle";
    const draft = isIdle && session.hasDraft(this.#clock.now());
    if (draft) this.#retryLater(name);
    const mayType = isIdle && !draft;
    const isOpen = session.record.phase !== "dialog" && session.record.phase !== "waiting";
    const ledger = await this.#ledger();
    const nudges = await claim(ledger, {
      session: name,
      run: session.record.runId,
      now: this.#clock.now(),
      // Without bracketed paste a newline would submit: only one message fits into one line.
      limit: mayType && session.bracketedPaste ? blockSize : 1,
      accepts: (nudge) => (mayType ? isOpen : isOpen && nudge.mode === "immediate"),
    });
    if (nudges.length === 0) return false;
    const together = splitKinds(nudges);
    if (together.length < nudges.length)
      await unclaim(ledger, nudges.slice(together.length), { attempted: false });
    const result = await this.#type(session, together);
    await this.#settle(ledger, together, result);
    return true;
  }

  async #type(session: HostedSession, nudges: readonly Nudge[]): Promise<TypingResult> {
    try {
      return await typeMessage(session, typedText(nudges), this.#clock);
    } catch (error) {
      // The session ended under our hands: nobody has read it.
      return { state: "unread", why: error instanceof Error ? error.message : String(error) };
    }
  }

  async #settle(ledger: Ledger, nudges: readonly Nudge[], result: TypingResult): Promise<void> {
    if (result.state === "acknowledged" || result.state === "typed") {
      for (const nudge of nudges) {
        await settle(ledger, nudge.sender, nudge, result.state);
        this.#tell(nudge, result.state);
      }
      return;
    }
    const hopeless = nudges.filter((nudge) => nudge.attempts + 1 >= maxAttempts);
    await unclaim(
      ledger,
      nudges.filter((nudge) => !hopeless.includes(nudge)),
      { attempted: result.state === "failed" },
    );
    if (result.state !== "failed") return;
    for (const nudge of hopeless) {
      await settle(ledger, nudge.sender, nudge, "failed", result.why);
      this.#tell(nudge, "failed");
    }
  }

  #tell(nudge: Nudge, state: NudgeState): void {
    this.#outcomes.set(nudge.id, state);
    for (const told of this.#waiters.get(nudge.id) ?? []) told(state);
    // Only whoever asks right now wants to know; the event log remembers the rest.
    if (this.#outcomes.size > 1000) {
      const [oldest] = this.#outcomes.keys();
      if (oldest !== undefined) this.#outcomes.delete(oldest);
    }
  }

  /** A person's unsent words hold the queue back; nothing on the screen may tell when they are gone. */
  #retryLater(name: string): void {
    if (this.#retries.has(name)) return;
    const timer = setTimeout(() => {
      this.#retries.delete(name);
      this.kick(name);
    }, draftRetryMs);
    this.#retries.set(name, timer);
  }
}

/** Start-up texts are typed alone: they are no messages from somebody. */
function splitKinds(nudges: readonly Nudge[]): readonly Nudge[] {
  if (nudges[0]?.kind === "instruct") return nudges.slice(0, 1);
  const end = nudges.findIndex((nudge) => nudge.kind === "instruct");
  return end < 0 ? nudges : nudges.slice(0, end);
}
