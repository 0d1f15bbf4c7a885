import fc from "fast-check";
import { readdirSync, readFileSync } from "node:fs";
import type { SessionHost } from "../../src/agents/sessions/session-host.ts";
import type { TuiTown } from "../e2e/support/tui-town.ts";
import type { TestTerminal } from "./terminal.ts";
import { waitFor } from "./wait-for.ts";

export interface TuiSoakOptions {
  readonly town: TuiTown;
  /** Opens the terminal UI on the town, at 160x45. */
  readonly open: () => TestTerminal;
  readonly seed: number;
  /** How far the soak is after so many steps; it ends at 1. */
  readonly progress: (steps: number) => number;
}

export interface TuiSoakReport {
  readonly steps: number;
  readonly kills: number;
  /** What is wrong with the frame at the end; nothing when it is intact. */
  readonly frame: readonly string[];
  /** Cells in which the screen differs from one that was painted anew. */
  readonly differingCells: readonly string[];
  /** What the terminal was left with; nothing when it is clean. */
  readonly leftBehind: readonly string[];
  /** Resident memory and open files of the TUI, half-way and at the end. */
  readonly before: Usage;
  readonly after: Usage;
}

interface Usage {
  readonly megabytes: number;
  readonly files: number;
}

type Step =
  | { readonly do: "press"; readonly keys: readonly string[] }
  | { readonly do: "type"; readonly text: string }
  | { readonly do: "resize"; readonly columns: number; readonly rows: number }
  | { readonly do: "kill" | "revive"; readonly agent: number }
  | { readonly do: "close bead" };

// Not q, Ctrl-C and Ctrl-Z, which end it, and nothing that runs a command of the palette.
const keys = [
  ...[
    "j",
    "k",
    "s",
    "S",
    "z",
    "X",
    "p",
    "b",
    "m",
    "c",
    "l",
    "i",
    "[",
    "tab",
    "shift-tab",
    "1",
    "2",
    "3",
    "g",
    "G",
  ],
  ...["pageup", "pagedown", "left", "right", "space", "R", "alt-1", "alt-2", "alt-3", "alt-6"],
];
const overlays = [["?"], ["/", "n", "u"], ["n", "x"], [":", "s"], ["h"], ["f"], ["[", "/", "1"]];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(fc.constantFrom(...keys), { minLength: 1, maxLength: 4 })
      .map((names) => ({ do: "press" as const, keys: ["ctrl-]", "escape", ...names] })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...overlays)
      .map((names) => ({ do: "press" as const, keys: ["ctrl-]", "escape", ...names, "escape", "escape"] })),
  },
  { weight: 3, arbitrary: fc.constant({ do: "press" as const, keys: ["ctrl-]", "escape", "1", "enter"] }) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => ({
      do: "type" as const,
      text: `\u001b[200~${Buffer.from(bytes).toString("latin1").replaceAll("\u001b", "")}\u001b[201~`,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(200), fc.nat(50), fc.constantFrom(0, 2, 32, 64, 65))
      .map(([x, y, code]) => ({ do: "type" as const, text: `\u001b[<${code};${x + 1};${y + 1}M` })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("resize" as const),
      columns: fc.integer({ min: 3, max: 220 }),
      rows: fc.integer({ min: 2, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), agent: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("revive" as const), agent: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constant({ do: "close bead" as const }) },
);

/** Programs of the agents: some write in bursts, one as fast as it can, in colours; two only say what they are told. */
const burst = ["/bin/sh", "-c", "stty raw -echo; while :; do seq 1 400; sleep 0.2; done"];
const flood = [
  "/bin/sh",
  "-c",
  `stty raw -echo; exec yes "$(printf '\\033[3%dm漢字 😺 e\\314\\201 \\033[0m' 1 2 3)"`,
];
const programs: Readonly<Record<string, readonly string[]>> = {
  ...{ a: burst, b: burst, c: flood, d: ["/bin/cat"], e: ["/bin/cat"] },
};

/**
 * Does at random what a person, their terminal and their agents may do to the TUI, then looks whether its frame is
 * intact, the same as one painted anew, and the terminal clean behind it.
 */
export async function tuiSoak(options: TuiSoakOptions): Promise<TuiSoakReport> {
  const { town, seed, progress } = options;
  const beads = await town.convoy(
    "Auth 漢字 \u001b[2J system",
    Array.from({ length: 12 }, (_, index) => `Bead 😺 ${index}`),
  );
  for (const [name, argv] of Object.entries(programs))
    await town.polecat(name, argv, name === "d" ? beads[0] : name === "e" ? beads[1] : undefined);
  const terminal = options.open();
  await terminal.waitForText(/1 Agents/, 60_000);
  const host = await town.host();
  const soak = new Soak(town, host, terminal, beads.slice(2));
  let done = 0;
  let before: Usage | undefined;
  for (let batch = 0; progress(done) < 1; batch++)
    for (const next of fc.sample(step, { numRuns: 50, seed: seed + batch })) {
      if (progress(done) >= 1 || terminal.exit !== undefined) break;
      await soak.do(next);
      done++;
      // By then all code is loaded and caches are full.
      if (progress(done) >= 0.5) before ??= usageOf(terminal.pid);
    }
  if (terminal.exit !== undefined)
    return { ...nothingKnown, steps: done, frame: [`it ended with ${terminal.exit.code}`, terminal.screen] };
  await soak.calm();
  const frame = await soak.frame();
  const differingCells = await soak.compareWithRepaint();
  const after = usageOf(terminal.pid);
  const leftBehind = await soak.leave();
  return {
    steps: done,
    kills: soak.kills,
    frame,
    differingCells,
    leftBehind,
    before: before ?? after,
    after,
  };
}

const nothingKnown = {
  ...{ kills: 0, frame: [], differingCells: [], leftBehind: [] },
  ...{ before: { megabytes: 0, files: 0 }, after: { megabytes: 0, files: 0 } },
};

class Soak {
  kills = 0;
  readonly #town: TuiTown;
  readonly #host: SessionHost;
  readonly #terminal: TestTerminal;
  readonly #beads: string[];

  constructor(town: TuiTown, host: SessionHost, terminal: TestTerminal, beads: readonly string[]) {
    this.#town = town;
    this.#host = host;
    this.#terminal = terminal;
    this.#beads = [...beads];
  }

  async do(next: Step): Promise<void> {
    const terminal = this.#terminal;
    if (next.do === "press") terminal.press(...next.keys);
    else if (next.do === "type") terminal.type(next.text);
    else if (next.do === "resize") terminal.resize(next.columns, next.rows);
    else if (next.do === "close bead") await this.#closeBead();
    else await this.#killOrRevive(next);
    // Each step asks the host, which gives the TUI a turn without waiting for any particular frame.
    await this.#host.list();
  }

  async #closeBead(): Promise<void> {
    const id = this.#beads.shift();
    if (id === undefined) return;
    const ledger = await this.#town.ledger();
    await ledger.write("overseer", [{ op: "close", id, close: { reason: "done" } }]);
  }

  async #killOrRevive(next: { readonly do: "kill" | "revive"; readonly agent: number }): Promise<void> {
    const name = Object.keys(programs)[next.agent % 4] ?? "a";
    const session = `gp-${name}`;
    const isAlive = ((await this.#host.get(session))?.phase ?? "exited") !== "exited";
    if (next.do === "kill" && isAlive) {
      this.kills++;
      await this.#host.stop(session, { reason: "stopped", force: true });
    } else if (next.do === "revive" && !isAlive) await this.#town.startSession(name, programs[name] ?? []);
  }

  /** Ends whatever still writes. */
  async calm(): Promise<void> {
    for (const { session, phase, name } of await this.#host.list())
      if (phase !== "exited" && name !== "e")
        await this.#host.stop(session, { reason: "stopped", force: true });
  }

  /** From wherever it is to the agents; tells what of the frame is broken. */
  async frame(): Promise<readonly string[]> {
    const terminal = this.#terminal;
    // Whatever is still waiting to be read: every Esc is followed by something that cannot be taken for Alt and a key (the
    // last one by a mouse report of the header, which means nothing).
    terminal.resize(120, 35).press("escape", "ctrl-]", "escape", "ctrl-]", "escape", "escape");
    terminal.type("\u001b[<64;1;1M1");
    const screen = await terminal.waitForText((text) => {
      const lines = text.split("\n");
      return (
        lines[1]?.startsWith("╭ 1 Agents") === true &&
        lines[0]?.includes("gastown") === true &&
        /q quit$/.test((lines[34] ?? "").trimEnd())
      );
    }, 60_000);
    return screen
      .split("\n")
      .slice(1, 34)
      .filter((line) => !/^[╭│╰].*[╮│╯]$/u.test(line));
  }

  /** A terminal that is continued is painted from nothing; what it showed before must be the same. */
  async compareWithRepaint(): Promise<readonly string[]> {
    const terminal = this.#terminal;
    let differing: readonly string[] = [];
    // The clock, or the end of an agent, may change something in between.
    for (let attempt = 0; attempt < 5; attempt++) {
      const shown = terminal.cells;
      const written = terminal.output.length;
      process.kill(terminal.pid, "SIGCONT");
      await waitFor(() => /\u001b\[2J[\s\S]*\u001b\[\?2026l/.test(terminal.output.slice(written)), {
        what: "the terminal to be painted anew",
        timeoutMs: 60_000,
      });
      const again = terminal.cells;
      differing = shown.filter((cell, index) => cell !== again[index]);
      if (differing.length === 0) break;
      // Toasts go by themselves.
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    return differing;
  }

  async leave(): Promise<readonly string[]> {
    const terminal = this.#terminal;
    terminal.press("q");
    const code = await terminal.waitForExit(60_000);
    const noise = /MaxListeners|Warning:|TypeError|RangeError/.exec(terminal.output)?.[0];
    const viewers = (await this.#host.list()).filter(
      ({ phase, viewers: count }) => phase !== "exited" && count > 0,
    );
    return [
      ...(code === 0 ? [] : [`exit code ${code}`]),
      ...(terminal.alternate ? ["the alternate screen"] : []),
      ...(terminal.modes.mouseTrackingMode === "none" ? [] : ["mouse reports"]),
      ...(terminal.modes.bracketedPasteMode ? ["bracketed paste"] : []),
      ...(terminal.modes.sendFocusMode ? ["focus reports"] : []),
      ...(noise === undefined ? [] : [noise]),
      ...viewers.map(({ session }) => `a view of ${session}`),
    ];
  }
}

function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  return { megabytes, files: readdirSync(`/proc/${pid}/fd`).length };
}
