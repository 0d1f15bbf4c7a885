import type { Town } from "../../core/town/town.ts";

/** The right to run gates; `release` gives it to the one who waits longest. */
export interface Permit {
  release(): void;
}

/** Town-wide limit on gate runs at once, over all rigs of this process (spec/05 §2.12). */
class GatePermits {
  readonly #waiting: (() => void)[] = [];
  readonly #limit: () => number;
  #taken = 0;

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Resolves when a permit is free. Rejects when the signal is aborted first. */
  async take(signal: AbortSignal): Promise<Permit> {
    while (this.#taken >= this.#limit()) {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          this.#waiting.splice(this.#waiting.indexOf(resolve), 1);
          reject(new Error("cancelled"));
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener("abort", onAbort, { once: true });
        this.#waiting.push(() => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        });
      });
    }
    this.#taken++;
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.#taken--;
        this.#waiting.shift()?.();
      },
    };
  }
}

const byTown = new Map<string, GatePermits>();

export function gatePermits(town: Town): GatePermits {
  let permits = byTown.get(town.root);
  if (permits === undefined) {
    permits = new GatePermits(() => maxParallelGates(town));
    byTown.set(town.root, permits);
  }
  return permits;
}

function maxParallelGates(town: Town): number {
  const group = town.settings()["merge_queue"] as { readonly max_parallel_gates?: unknown } | undefined;
  const value = group?.max_parallel_gates;
  return typeof value === "number" && value >= 1 ? value : 2;
}
