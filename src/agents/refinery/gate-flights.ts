import { setTimeout as pause } from "node:timers/promises";
import type { Command, Fact } from "../../core/merge/queue-state.ts";
import { gatePermits } from "./gate-permits.ts";
import { probePrefix } from "./probe-prefix.ts";
import type { QueueContext } from "./queue-context.ts";
import type { RunWriter } from "./run-writer.ts";

type GateCommand = Extract<Command, { readonly do: "gate" }>;

/** The gate runs that are under way, each in a slot of its own. */
export class GateFlights {
  readonly #context: QueueContext;
  readonly #freeSlots: number[];
  readonly #onFact: (fact: Fact, run: RunWriter) => void;
  readonly #controllers = new Map<string, AbortController>();
  readonly #landing = new Set<Promise<void>>();

  constructor(context: QueueContext, slots: readonly number[], onFact: (fact: Fact, run: RunWriter) => void) {
    this.#context = context;
    this.#freeSlots = [...slots];
    this.#onFact = onFact;
  }

  get isEmpty(): boolean {
    return this.#landing.size === 0;
  }

  start(writer: RunWriter, command: GateCommand): void {
    const controller = new AbortController();
    const key = `${command.prefix}.${command.attempt}`;
    this.#controllers.set(key, controller);
    const flight = this.#fly(writer, command, controller.signal)
      .catch(
        (error: unknown): Fact => ({
          t: "gated",
          prefix: command.prefix,
          attempt: command.attempt,
          verdict: "error",
          failed: [error instanceof Error ? error.message : String(error)],
        }),
      )
      .then((fact) => {
        this.#controllers.delete(key);
        this.#landing.delete(flight);
        if (fact.t === "gated" && fact.verdict === "error" && !controller.signal.aborted)
          this.#context.tell(`  prefix ${command.prefix} could not be gated: ${fact.failed.join("; ")}`);
        this.#onFact(fact, writer);
      });
    this.#landing.add(flight);
  }

  /** Ends the gates of a prefix; their results do not count any more. */
  cancel(prefix: number): void {
    for (const [key, controller] of this.#controllers) if (key.startsWith(`${prefix}.`)) controller.abort();
  }

  /** Ends everything and resolves when nothing runs any more. */
  async end(): Promise<void> {
    for (const controller of this.#controllers.values()) controller.abort();
    await Promise.allSettled(this.#landing);
  }

  async #fly(writer: RunWriter, command: GateCommand, signal: AbortSignal): Promise<Fact> {
    const permit = await gatePermits(this.#context.access.town).take(signal);
    try {
      const slot = await this.#takeSlot(signal);
      try {
        const { prefix, attempt, only } = command;
        return await probePrefix(this.#context, writer, {
          prefix,
          attempt,
          slot,
          signal,
          ...(only === undefined ? {} : { only }),
        });
      } finally {
        this.#freeSlots.push(slot);
      }
    } finally {
      permit.release();
    }
  }

  async #takeSlot(signal: AbortSignal): Promise<number> {
    for (;;) {
      const slot = this.#freeSlots.shift();
      if (slot !== undefined) return slot;
      // A cancelled gate is still ending in it.
      await pause(50, undefined, { signal });
    }
  }
}
