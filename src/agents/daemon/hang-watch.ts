import { Worker } from "node:worker_threads";

const tickMs = 5000;
const lookMs = 20_000;
/** So many looks without a tick end the process: a minute (spec/04 §10.2). */
const maxMissed = 3;

/**
 * Runs in a thread of its own, which goes on when the main loop hangs. It sleeps in the kernel between looks. A look that
 * comes late means that the machine slept: then nothing is concluded.
 */
const watcher = `
const { workerData } = require("node:worker_threads");
const { writeFileSync, writeSync } = require("node:fs");
const cell = new Int32Array(workerData.buffer, 0, 3);
const textAt = 12;
let seen = Atomics.load(cell, 0);
let missed = 0;
for (;;) {
  const before = Date.now();
  if (Atomics.wait(cell, 1, 0, workerData.lookMs) !== "timed-out") break;
  const slept = Date.now() - before > workerData.lookMs * 2;
  const now = Atomics.load(cell, 0);
  missed = now !== seen || slept ? 0 : missed + 1;
  seen = now;
  if (missed < workerData.maxMissed) continue;
  const active = Buffer.from(workerData.buffer.slice(textAt, textAt + Atomics.load(cell, 2))).toString();
  const what = active === "" ? "the daemon hangs" : "the daemon hangs in " + active;
  writeSync(2, new Date().toISOString() + " warn " + what + "; ending it so that another one can start\\n");
  try {
    if (workerData.lastWords !== undefined) writeFileSync(workerData.lastWords, what);
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
}
`;

/** The cell: ticks, the sign to stop, the length of the text behind them. */
const textAt = 12;
const mostBytes = 500;

export interface HangWatch {
  /** What the process is at, for the last words of one that hangs. */
  note(activity: string): void;
  close(): void;
}

/** Ends this process when its event loop stands still for a minute; whoever watches it starts another one. */
export function watchForHang(
  options: {
    readonly tickMs?: number;
    readonly lookMs?: number;
    /** File that tells the next process of its end. */
    readonly lastWords?: string;
  } = {},
): HangWatch {
  const buffer = new SharedArrayBuffer(textAt + mostBytes);
  const cell = new Int32Array(buffer, 0, 3);
  const text = new Uint8Array(buffer, textAt);
  const worker = new Worker(watcher, {
    eval: true,
    execArgv: [],
    workerData: { buffer, lookMs: options.lookMs ?? lookMs, maxMissed, lastWords: options.lastWords },
  });
  worker.unref();
  const timer = setInterval(() => Atomics.add(cell, 0, 1), options.tickMs ?? tickMs);
  timer.unref();
  return {
    note: (activity) => {
      const { written } = new TextEncoder().encodeInto(activity, text);
      Atomics.store(cell, 2, written);
    },
    close: () => {
      clearInterval(timer);
      Atomics.store(cell, 1, 1);
      Atomics.notify(cell, 1);
    },
  };
}
