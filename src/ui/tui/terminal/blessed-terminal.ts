import { EventEmitter } from "node:events";
import { writeSync } from "node:fs";
import { constants } from "node:os";
import { PassThrough } from "node:stream";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { ColourDepth } from "../screen/colour.ts";
import type { BlessedProgram } from "./blessed-program.ts";
import type { Terminal, TerminalListener } from "./terminal.ts";

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream & { readonly fd: number };
  readonly env: NodeJS.ProcessEnv;
  readonly hasMouse: boolean;
}

const endingSignals = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const;

/**
 * The person's terminal, driven by blessed's `Program` for what differs between terminals (alternate screen, mouse
 * and focus reports, title, cursor). Program never sees the input: its key parser would hold back and rewrite bytes
 * that belong to a session.
 */
export class BlessedTerminal implements Terminal {
  readonly colours: ColourDepth;
  private readonly options: TerminalOptions;
  private readonly program: BlessedProgram;
  private readonly enterSequence: string;
  private readonly leaveSequence: string;
  private listener: TerminalListener | undefined;
  private isTaken = false;
  private sequence = "";

  constructor(program: new (options: object) => BlessedProgram, options: TerminalOptions) {
    this.options = options;
    this.colours = colourDepth(options.env);
    this.program = quietly(
      () =>
        new program({
          input: new PassThrough(),
          output: this.recorder(),
          term: options.env["TERM"] || "xterm",
          extended: false,
          resizeTimeout: 0,
        }),
    );
    this.enterSequence = this.record(() => this.enter());
    this.leaveSequence = this.record(() => this.leave());
  }

  get columns(): number {
    return this.options.output.columns || 80;
  }

  get rows(): number {
    return this.options.output.rows || 24;
  }

  open(listener: TerminalListener): void {
    this.listener = listener;
    const { input, output } = this.options;
    this.take();
    input.on("data", listener.input);
    input.on("end", this.hangUp);
    input.on("error", this.hangUp);
    output.on("drain", listener.drained);
    output.on("resize", listener.resized);
    output.on("error", this.hangUp);
    for (const signal of endingSignals) process.on(signal, this.onEndingSignal);
    process.on("SIGTSTP", this.onStop);
    process.on("SIGCONT", this.onContinue);
    process.on("exit", this.onExit);
  }

  write(text: string): boolean {
    return this.options.output.write(text);
  }

  setTitle(title: string): void {
    this.write(this.record(() => this.program.setTitle(title)));
  }

  copy(text: string): void {
    this.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
  }

  announce(text: string, how: "bell" | "desktop"): void {
    this.write(how === "bell" ? "\u0007" : `\u001b]9;${sanitiseLine(text)}\u0007`);
  }

  restore(): void {
    this.release();
  }

  close(): void {
    const { input, output } = this.options;
    const { listener } = this;
    this.release();
    if (listener === undefined) return;
    this.listener = undefined;
    input.off("data", listener.input);
    input.off("end", this.hangUp);
    input.off("error", this.hangUp);
    input.pause();
    output.off("drain", listener.drained);
    output.off("resize", listener.resized);
    for (const signal of endingSignals) process.off(signal, this.onEndingSignal);
    process.off("SIGTSTP", this.onStop);
    process.off("SIGCONT", this.onContinue);
    process.off("exit", this.onExit);
  }

  suspend(): void {
    // What the terminal itself does for Ctrl-Z when it is not in raw mode: the whole job stops, a wrapping npm too.
    process.kill(0, "SIGTSTP");
  }

  private take(): void {
    if (this.isTaken) return;
    this.isTaken = true;
    this.options.input.setRawMode?.(true);
    this.options.input.resume();
    this.write(this.enterSequence);
  }

  private release(): void {
    if (!this.isTaken) return;
    this.isTaken = false;
    try {
      // Synchronous: this also runs in the last moment of an exiting process.
      writeSync(this.options.output.fd, this.leaveSequence);
      this.options.input.setRawMode?.(false);
    } catch {
      // The terminal is gone; there is nothing left to restore.
    }
  }

  private enter(): void {
    const { program } = this;
    program.alternateBuffer();
    program.hideCursor();
    program.write("\u001b[22;0t");
    if (this.options.hasMouse) program.setMouse(mouseModes, true);
    program.setMouse({ sendFocus: true });
    program.setMode("?2004");
  }

  private leave(): void {
    const { program } = this;
    program.write("\u001b[?2026l\u001b[m");
    program.resetMode("?2004");
    program.setMouse({ sendFocus: false });
    if (this.options.hasMouse) program.setMouse(noMouseModes, false);
    program.write("\u001b[23;0t");
    program.showCursor();
    program.normalBuffer();
  }

  /** Stands in for the terminal while Program speaks, so that its sequences are known beforehand as text. */
  private recorder(): object {
    const recorder = new EventEmitter();
    return Object.assign(recorder, {
      columns: this.columns,
      rows: this.rows,
      isTTY: true,
      writable: true,
      write: (text: string) => {
        this.sequence += text;
        return true;
      },
    });
  }

  private record(speak: () => void): string {
    this.sequence = "";
    speak();
    return this.sequence;
  }

  private readonly hangUp = (): void => {
    this.listener?.ended(constants.signals.SIGHUP);
  };

  private readonly onEndingSignal = (signal: NodeJS.Signals): void => {
    this.listener?.ended(constants.signals[signal]);
  };

  private readonly onStop = (): void => {
    this.release();
    // Without our listener the signal has its default effect: the process stops here.
    process.off("SIGTSTP", this.onStop);
    process.kill(process.pid, "SIGTSTP");
  };

  private readonly onContinue = (): void => {
    process.off("SIGTSTP", this.onStop);
    process.on("SIGTSTP", this.onStop);
    // A job may be continued without having been stopped by us; taking twice does nothing.
    this.take();
    this.listener?.resumed();
  };

  private readonly onExit = (): void => {
    this.release();
  };
}

/** Program prints capabilities that it cannot compile, and then uses its own description of xterm: no news to a person. */
function quietly<T>(make: () => T): T {
  const { error } = console;
  console.error = () => undefined;
  try {
    return make();
  } finally {
    console.error = error;
  }
}

const mouseModes = { vt200Mouse: true, cellMotion: true, sgrMouse: true };
const noMouseModes = { vt200Mouse: false, cellMotion: false, sgrMouse: false };

function colourDepth(env: NodeJS.ProcessEnv): ColourDepth {
  if (env["NO_COLOR"]) return "none";
  if (/truecolor|24bit/.test(env["COLORTERM"] ?? "")) return "rgb";
  const term = env["TERM"] ?? "";
  if (/direct|kitty|ghostty|alacritty|wezterm|foot/.test(term)) return "rgb";
  if (/256/.test(term)) return "palette";
  return "ansi";
}
