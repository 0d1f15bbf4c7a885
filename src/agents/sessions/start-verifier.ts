import { formatTime, type Clock } from "../../core/clock.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Host } from "./host.ts";
import { enqueue, pending } from "./nudge-queue.ts";
import type { SessionEvent, SessionRecord } from "./session-host.ts";
import { workInstruction } from "./work-instruction.ts";

export interface VerifyLimits {
  /** Quiet time after ready, and after each repetition. */
  readonly afterMs: number;
  readonly retries: number;
}

export interface StartVerifierOptions {
  readonly host: Host;
  readonly ledger: () => Promise<Ledger>;
  readonly clock: Clock;
  readonly limits: () => VerifyLimits;
  /** Something waits in the session's queue. */
  readonly kick: (session: string) => void;
  readonly log: (line: string) => void;
}

const instructionTtlMs = 10 * 60_000;

/**
 * Sees to it that an agent that was given work begins: one that is ready and does nothing is told again, at most so many
 * times, and then reported as stalled (spec/03 §5.7). From there the Witness acts.
 */
export class StartVerifier {
  readonly #options: StartVerifierOptions;
  /** Repetitions per run, and the look that is due. */
  readonly #watched = new Map<string, { told: number; timer: NodeJS.Timeout | undefined }>();

  constructor(options: StartVerifierOptions) {
    this.#options = options;
  }

  note(event: SessionEvent): void {
    if (event.type !== "phase" && event.type !== "exited") return;
    const { record } = event;
    if (event.type === "exited") this.#forget(record.runId);
    else if (record.bead !== undefined && record.phase === "idle" && record.readyAt !== undefined)
      this.#watch(record);
  }

  close(): void {
    for (const runId of [...this.#watched.keys()]) this.#forget(runId);
  }

  #watch(record: SessionRecord): void {
    const session = this.#options.host.live(record.session);
    if (session === undefined || session.hasWorked || !session.showsIdleness) {
      this.#forget(record.runId);
      return;
    }
    const watched = this.#watched.get(record.runId) ?? { told: 0, timer: undefined };
    this.#watched.set(record.runId, watched);
    this.#arm(record, watched);
  }

  #arm(record: SessionRecord, watched: { told: number; timer: NodeJS.Timeout | undefined }): void {
    clearTimeout(watched.timer);
    watched.timer = setTimeout(() => {
      this.#look(record, watched).catch((error: unknown) =>
        this.#options.log(`start of ${record.session}: ${String(error)}`),
      );
    }, this.#options.limits().afterMs);
    watched.timer.unref();
  }

  async #look(
    record: SessionRecord,
    watched: { told: number; timer: NodeJS.Timeout | undefined },
  ): Promise<void> {
    const { host, ledger: open, clock, limits, kick } = this.#options;
    const now = clock.now();
    const session = host.live(record.session);
    const isSame = session?.record.runId === record.runId;
    if (session === undefined || !isSame || session.hasWorked) {
      this.#forget(record.runId);
      return;
    }
    // A dialog, a limit or a person at the keyboard: the next idle moment is looked at again.
    if (session.record.phase !== "idle") return;
    if (session.hasDraft(now)) {
      this.#arm(record, watched);
      return;
    }
    const ledger = await open();
    if (!(await hasNotBegun(ledger, record))) {
      this.#forget(record.runId);
      return;
    }
    // What was said is not typed yet, or its effect is still being watched.
    if ((await pending(ledger, record.session, now)).some((nudge) => nudge.kind === "instruct")) {
      this.#arm(record, watched);
      kick(record.session);
      return;
    }
    if (watched.told < limits().retries) {
      watched.told++;
      await enqueue(ledger, "system", {
        ...{ id: `start-${record.runId}-${watched.told}`, session: record.session, to: record.actor },
        ...{
          sender: "system",
          message: workInstruction(record.role, record.instruction),
          priority: "urgent",
        },
        ...{ mode: "wait-idle", kind: "instruct", attempts: 0 },
        ...{ createdAt: now, expiresAt: now + instructionTtlMs },
      });
      this.#arm(record, watched);
      kick(record.session);
      return;
    }
    this.#forget(record.runId);
    await ledger.write(record.actor, [
      {
        op: "event",
        event: {
          type: "session_stalled",
          payload: {
            session: record.session,
            reason: "no start",
            ...(record.rig === "" ? {} : { rig: record.rig }),
            ...(record.bead === undefined ? {} : { bead: record.bead }),
            ready_at: formatTime(record.readyAt ?? now),
          },
          visibility: "feed",
          source: "host",
        },
      },
    ]);
  }

  #forget(runId: string): void {
    clearTimeout(this.#watched.get(runId)?.timer);
    this.#watched.delete(runId);
  }
}

/** The bead still waits on the agent's hook, and the agent has written nothing since it was ready. */
async function hasNotBegun(ledger: Ledger, record: SessionRecord): Promise<boolean> {
  const [agent, bead] = await Promise.all([ledger.agent(record.actor), ledger.get(record.bead ?? "")]);
  if (agent === undefined || bead === undefined || agent.hookBead !== bead.id) return false;
  return bead.status === "hooked" && (agent.lastProgressAt ?? 0) <= (record.readyAt ?? 0);
}
