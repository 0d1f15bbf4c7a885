import type { TuiState } from "./state.ts";

type Change = Partial<TuiState> | ((state: TuiState) => Partial<TuiState>);

/** The one place where the TUI's state lives. Views read it with `useSyncExternalStore`; sources and keys push into it. */
export class Store {
  private current: TuiState;
  private readonly listeners = new Set<() => void>();
  private isNotifying = false;

  constructor(state: TuiState) {
    this.current = state;
  }

  /** Stable identity, for `useSyncExternalStore`. */
  readonly snapshot = (): TuiState => this.current;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Applies a change at once; listeners hear of all changes of this turn of the event loop together. */
  set(change: Change): void {
    const patch = typeof change === "function" ? change(this.current) : change;
    this.current = { ...this.current, ...patch };
    if (this.isNotifying) return;
    this.isNotifying = true;
    setImmediate(() => {
      this.isNotifying = false;
      for (const listener of [...this.listeners]) listener();
    });
  }
}
