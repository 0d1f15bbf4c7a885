const longestTimerMs = 2 ** 31 - 1;

/** Wakes whoever waits for it; nobody waits twice. A ring that nobody hears is lost: look before you wait. */
export class Bell {
  #wake: () => void = () => {};

  ring(): void {
    this.#wake();
  }

  /** Until it rings, or for so many milliseconds. */
  async heard(ms: number | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (ms !== undefined) timer = setTimeout(resolve, Math.min(ms, longestTimerMs));
    });
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
