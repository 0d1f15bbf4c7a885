import type { ColourDepth } from "../screen/colour.ts";

/** What the TUI needs of the terminal that the person looks at; tests pass a fake one. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  readonly colours: ColourDepth;
  /** Takes the terminal: alternate screen, raw keys, mouse, focus and paste reports. */
  open(listener: TerminalListener): void;
  /** Writes a frame; false means that the terminal is behind: wait for `drained`. */
  write(text: string): boolean;
  setTitle(title: string): void;
  /** Puts text on the person's clipboard (OSC 52), where the terminal allows it. */
  copy(text: string): void;
  /** Calls the person: with the bell, or with a notification of the desktop where the terminal passes it on (OSC 9). */
  announce(text: string, how: "bell" | "desktop"): void;
  /** Gives the terminal back as it was found. May be called at any time, any number of times, also while exiting. */
  restore(): void;
  /** Restores, and listens no more to the terminal and to signals. */
  close(): void;
  /** Stops this process group as Ctrl-Z in a cooked terminal does; the terminal is taken again when it continues. */
  suspend(): void;
}

export interface TerminalListener {
  readonly input: (bytes: Uint8Array) => void;
  readonly drained: () => void;
  readonly resized: () => void;
  /** Continued after a stop: what is on the screen is unknown. */
  readonly resumed: () => void;
  /** The terminal went away or a signal asks to end; `signal` is the number for the exit code, if any. */
  readonly ended: (signal: number) => void;
}
