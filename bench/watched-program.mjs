// A full-screen program in a pseudo-terminal whose output is watched: how soon something shows, how often it paints.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { openPty } from "../src/agents/sessions/pty.ts";
import { cleanEnvironment } from "../test/support/terminal.ts";

export const size = { columns: 200, rows: 50 };
const patienceMs = 30_000;

export class WatchedProgram {
  bytes = 0;
  /** Synchronised updates: our frames. */
  frames = 0;
  #seen = "";
  #listener = () => undefined;
  #pty;

  constructor(argv, cwd, env = {}) {
    this.#pty = openPty({
      ...size,
      argv,
      cwd,
      env: cleanEnvironment(env),
      onData: (bytes) => {
        const text = Buffer.from(bytes).toString("utf8");
        this.bytes += bytes.length;
        this.frames += text.split("\u001b[?2026h").length - 1;
        this.#seen = (this.#seen + text).slice(-20_000);
        this.#listener(text);
      },
      onExit: () => undefined,
    });
  }

  get pid() {
    return this.#pty.pid;
  }

  /** Types with a person's pauses, so that each key is seen before the next. */
  async type(...keys) {
    for (const key of keys) {
      this.#pty.write(key);
      await pause(300);
    }
  }

  press(key) {
    this.#pty.write(key);
  }

  /** Milliseconds until the output contains `wanted`, counted from `begin`. */
  async seen(wanted, begin = () => undefined) {
    const start = performance.now();
    await new Promise((resolve, reject) => {
      let text = "";
      const timer = setTimeout(
        () => reject(new Error(`never saw ${wanted} in ${JSON.stringify(this.#seen.slice(-2000))}`)),
        patienceMs,
      );
      this.#listener = (more) => {
        text += more;
        if (!wanted.test(text)) return;
        clearTimeout(timer);
        this.#listener = () => undefined;
        resolve();
      };
      begin();
    });
    return performance.now() - start;
  }

  /** The delays from a key to what it shows, sorted, for keys and what is to be seen of each. */
  async delays(count, keyAndSign) {
    const found = [];
    for (let index = 0; index < count; index++) {
      await pause(40 + Math.random() * 30);
      const { key, sign } = keyAndSign(index);
      found.push(await this.seen(sign, () => this.#pty.write(key)));
    }
    return found.sort((a, b) => a - b);
  }

  async end() {
    process.kill(this.pid, "SIGTERM");
    await pause(200);
  }
}

export const median = (sorted) => sorted[Math.floor(sorted.length / 2)];
export const p95 = (sorted) => sorted[Math.ceil(sorted.length * 0.95) - 1];

/** Shares of one core that processes used meanwhile, in percent. */
export async function cpuShares(pids, ms) {
  const before = pids.map(cpuMs);
  const start = performance.now();
  await pause(ms);
  const elapsed = performance.now() - start;
  return pids.map((pid, index) => ((cpuMs(pid) - before[index]) / elapsed) * 100);
}

function cpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident memory without pages that other processes of the same program share, and with them. */
export function memoryMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}
