import { EventEmitter } from "node:events";
import type { Compositor, Scene } from "./compositor.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** After a key the next frame comes at once; streams of output are shown at up to 40 frames a second. */
const quickMs = 8;
const streamMs = 25;
const calmMs = 500;
/** How long after a key frames are quick. */
const attentionMs = 300;

export interface PainterOptions {
  readonly compositor: Compositor;
  readonly terminal: Terminal;
  readonly scene: () => Scene;
  /** A frame was written, or nothing was to be written. */
  readonly painted: () => void;
  /** What nobody pressed a key for moves at most twice a second. */
  readonly reducedMotion?: boolean;
}

/** Decides when a frame is painted, and does not paint while the terminal is behind. */
export class Painter {
  private readonly options: PainterOptions;
  private timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private lastPaintAt = 0;
  private lastKeyAt = Number.NEGATIVE_INFINITY;
  private isBehind = false;
  private isDirty = false;
  private isStopped = false;

  constructor(options: PainterOptions) {
    this.options = options;
  }

  /** Something changed. */
  readonly request = (): void => {
    this.isDirty = true;
    if (this.isBehind || this.isStopped || this.timer !== undefined) return;
    const now = performance.now();
    const unasked = this.options.reducedMotion === true ? calmMs : streamMs;
    const gap = now - this.lastKeyAt < attentionMs ? quickMs : unasked;
    const wait = this.lastPaintAt + gap - now;
    this.timer = wait > 0 ? setTimeout(this.paint, wait) : setImmediate(this.paint);
  };

  /** A key was pressed: what it changes shall be seen without delay. */
  keyPressed(): void {
    this.lastKeyAt = performance.now();
    if (!this.isDirty || this.isBehind || this.timer === undefined) return;
    this.cancel();
    this.request();
  }

  drained(): void {
    this.isBehind = false;
    if (this.isDirty) this.request();
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  private cancel(): void {
    clearTimeout(this.timer as NodeJS.Timeout | undefined);
    clearImmediate(this.timer as NodeJS.Immediate | undefined);
    this.timer = undefined;
  }

  private readonly paint = (): void => {
    this.timer = undefined;
    if (this.isStopped) return;
    const { compositor, terminal, scene, painted } = this.options;
    this.isDirty = false;
    const bytes = compositor.frame(scene());
    this.lastPaintAt = performance.now();
    if (bytes !== "") {
      this.isBehind = !terminal.write(bytes);
    }
    painted();
  };
}

/** Where Ink writes: each write is a whole frame, taken for the compositor. */
export class FrameSink extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  columns: number;
  rows: number;
  private readonly take: (frame: string) => void;

  constructor(size: { readonly columns: number; readonly rows: number }, take: (frame: string) => void) {
    super();
    this.columns = size.columns;
    this.rows = size.rows;
    this.take = take;
  }

  write(frame: string, ...rest: readonly unknown[]): boolean {
    this.take(frame);
    const done = rest.find((argument) => typeof argument === "function") as (() => void) | undefined;
    done?.();
    return true;
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.emit("resize");
  }
}
