/** How a command ends: by itself, or by a signal (spec/07 §1.9). */
export class Ending {
  readonly #cleanups: (() => void | Promise<void>)[] = [];
  #follower: AbortController | undefined;
  #isEnding = false;

  /** SIGINT, SIGTERM and SIGHUP from now on end the command in an orderly way; a second signal at once. */
  watch(flush: () => void): void {
    const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 143 } as const;
    for (const [name, code] of Object.entries(signals)) {
      process.on(name, () => {
        if (this.#isEnding) process.exit(code);
        this.#isEnding = true;
        if (this.#follower !== undefined) {
          this.#follower.abort(code);
          return;
        }
        flush();
        void this.cleanUp().finally(() => process.exit(code));
      });
    }
  }

  /** For commands that follow or serve until a signal; they then end by themselves. Its reason is the code 130 or 143. */
  untilSignal(): AbortSignal {
    this.#follower ??= new AbortController();
    return this.#follower.signal;
  }

  onEnd(cleanup: () => void | Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  /** Last registered first; one that fails does not keep the others from running. */
  async cleanUp(): Promise<void> {
    for (let cleanup = this.#cleanups.pop(); cleanup !== undefined; cleanup = this.#cleanups.pop()) {
      try {
        await cleanup();
      } catch {
        // The command's own result matters more than what could not be tidied.
      }
    }
  }
}
