import { join } from "node:path";
import type { SessionHost } from "../../../src/agents/sessions/session-host.ts";
import { newConvoy } from "../../../src/core/convoys/new-convoy.ts";
import type { Ledger } from "../../../src/core/ledger/ledger.ts";
import { PlainTown } from "../../support/plain-town.ts";
import { runBd, runGt } from "../../support/run-cli.ts";
import {
  cleanEnvironment,
  openTerminal,
  type TerminalOptions,
  type TestTerminal,
} from "../../support/terminal.ts";

export const gtProgram = join(import.meta.dirname, "../../../bin/gt");

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A shell that shows its prompt and does what is typed, and ends at once when it is told to: an interactive one takes seconds. */
export const shell: readonly string[] = [
  "/bin/sh",
  "-c",
  'while printf %s "$PS1"; do read -r line || exit; eval "$line"; done',
];

/** A real town with a ledger and a session host for the TUI to look at. */
export class TuiTown {
  readonly plain = new PlainTown();
  readonly beads: string[] = [];
  private readonly terminals: TestTerminal[] = [];

  async ledger(): Promise<Ledger> {
    return (await this.plain.access()).ledger;
  }

  async host(): Promise<SessionHost> {
    return this.plain.connect({ start: true });
  }

  /** Beads in one convoy. */
  async convoy(title: string, titles: readonly string[]): Promise<readonly string[]> {
    const ledger = await this.ledger();
    const { created } = await ledger.write(
      "overseer",
      titles.map((bead, index) => ({
        op: "create" as const,
        as: `bead${index}`,
        bead: { title: bead, type: "task", scope: "greenplace" },
      })),
    );
    await ledger.write("overseer", newConvoy({ title, owner: "overseer", issues: created }));
    this.beads.push(...created);
    return created;
  }

  /** A polecat whose session runs `argv`, on a bead if one is named. */
  async polecat(name: string, argv: readonly string[] | undefined, bead?: string): Promise<string> {
    const address = await this.plain.polecat(name);
    const ledger = await this.ledger();
    if (bead !== undefined)
      await ledger.write("overseer", [
        { op: "hook", address, bead },
        { op: "setAgent", address, fields: { state: "working", hookState: "active" } },
        {
          op: "event",
          event: { type: "sling", payload: { bead, target: address, rig: "greenplace" } },
        },
      ]);
    if (argv !== undefined) await this.startSession(name, argv);
    return address;
  }

  /** A session of the polecat `name`, which has none. */
  async startSession(name: string, argv: readonly string[]): Promise<void> {
    await (await this.host()).spawn({
      session: `gp-${name}`,
      actor: `greenplace/polecats/${name}`,
      role: "polecat",
      rig: "greenplace",
      name,
      agent: "shell",
      argv,
      cwd: this.plain.root,
      env: { ...cleanEnvironment(), PS1: `${name}$ ` },
      // Otherwise the host takes it to be at work until it ends, and a nudge waits for long.
      detection: { readyPrompt: `${name}$` },
      runId: "1",
    });
  }

  /** Runs `gt` or `bd` in the town; it must succeed. */
  async gt(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    program: "gt" | "bd" = "gt",
  ): Promise<string> {
    const { code, stdout, stderr } = await (program === "gt" ? runGt : runBd)(args, {
      cwd: this.plain.root,
      env: { GT_NO_DAEMON: "1", ...env },
    });
    if (code !== 0) throw new Error(`gt ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** The TUI in a real terminal of this size. */
  open(size: Size, options: Pick<TerminalOptions, "env" | "mirror"> = {}): TestTerminal {
    return this.command([], size, options);
  }

  /** `gt` itself in a real terminal of this size, e.g. `gt attach`. */
  command(
    args: readonly string[],
    size: Size,
    { env, mirror }: Pick<TerminalOptions, "env" | "mirror"> = {},
  ): TestTerminal {
    const terminal = openTerminal(process.execPath, [gtProgram, ...args], {
      ...size,
      cwd: this.plain.root,
      env: { ...this.env, ...env },
      ...(mirror === undefined ? {} : { mirror }),
    });
    this.terminals.push(terminal);
    return terminal;
  }

  /** What `gt` is started with in a terminal: it starts no daemon, and the person's own list of towns stays as it is. */
  get env(): Record<string, string> {
    return cleanEnvironment({ GT_NO_DAEMON: "1", XDG_STATE_HOME: join(this.plain.root, ".state") });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async dispose(): Promise<void> {
    for (const terminal of this.terminals) terminal.dispose();
    await this.plain.dispose();
  }
}
