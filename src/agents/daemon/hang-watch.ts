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
const { writeSync } = require("node:fs");
const cell = new Int32Array(workerData.buffer);
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
  writeSync(2, new Date().toISOString() + " warn the daemon hangs; ending it so that another one can start\\n");
  process.kill(process.pid, "SIGKILL");
}
`;

/** Ends this process when its event loop stands still for a minute; whoever watches it starts another one. */
export function watchForHang(options: { readonly tickMs?: number; readonly lookMs?: number } = {}): {
  close(): void;
} {
  const buffer = new SharedArrayBuffer(8);
  const cell = new Int32Array(buffer);
  const worker = new Worker(watcher, {
    eval: true,
    execArgv: [],
    workerData: { buffer, lookMs: options.lookMs ?? lookMs, maxMissed },
  });
  worker.unref();
  const timer = setInterval(() => Atomics.add(cell, 0, 1), options.tickMs ?? tickMs);
  timer.unref();
  return {
    close: () => {
      clearInterval(timer);
      Atomics.store(cell, 1, 1);
      Atomics.notify(cell, 1);
    },
  };
}
