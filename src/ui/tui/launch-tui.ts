import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { TownAccess } from "../../agents/town-access.ts";
import { systemClock } from "../../core/clock.ts";
import { systemRandom } from "../../core/random.ts";
import type { SessionHost } from "../../agents/sessions/session-host.ts";
import { GtError } from "../../core/gt-error.ts";
import { tolerantTown } from "../../core/town/tolerant-town.ts";
import type { Town } from "../../core/town/town.ts";
import type { CommandSpec } from "../cli/command.ts";
import type { View } from "./store/state.ts";
import { tuiSettings } from "./tui-settings.ts";

export interface TuiOptions {
  readonly view?: View;
  /** What the feed and the log show at first, as one types it into their filter. */
  readonly filter?: string;
  /** Address of an agent whose session opens over the whole screen (`gt attach`). */
  readonly attach?: string;
  /** Runs when the person has left and the terminal is restored: the demo takes its town down. */
  readonly onQuit?: () => Promise<void>;
  /** Who acts; the overseer unless an agent runs the TUI. */
  readonly actor?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The tree of `gt` commands that the palette offers. */
  readonly commands?: readonly CommandSpec[];
}

/**
 * Opens the town's full-screen view on this process's terminal; resolves to the exit code when the person leaves it.
 * Throws `E_NO_TTY` when there is no terminal. The terminal is restored on every way out.
 */
export async function launchTui(town: Town, options: TuiOptions = {}): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY)
    throw new GtError("E_NO_TTY", "the full-screen view needs a terminal", { hint: "gt --plain" });
  // Frames are garbage a moment later, and V8 would rather grow the space for it than collect it. Measured: 50 MB less, and
  // keys as fast, which they are not when the whole heap is kept small.
  setFlagsFromString("--semi-space-growth-factor=1");
  // What survives a frame or two is garbage a second later. Measured over an hour of six busy panes: 180 MB and not 300.
  setFlagsFromString("--heap-growing-percent=60");
  const env = options.env ?? process.env;
  const [
    { loadProgram },
    { BlessedTerminal },
    { runTui },
    { LiveTownSource },
    { commandRunner },
    looks,
    memory,
  ] = await Promise.all([
    import("./terminal/blessed-program.ts"),
    import("./terminal/blessed-terminal.ts"),
    import("./run-tui.tsx"),
    import("./store/town-source.ts"),
    import("./run-command.ts"),
    import("./views/look.ts"),
    import("./store/layout-memory.ts"),
  ]);
  const settings = tuiSettings(tolerantTown(town, () => undefined).settings());
  const { look, problems } = looks.lookOf(env, settings);
  const terminal = new BlessedTerminal(await loadProgram(), {
    input: stdin,
    output: stdout,
    env,
    hasMouse: settings.mouse && env["GT_MOUSE"] !== "0",
  });
  const { access, close } = await openAccess(town, options.actor ?? "overseer");
  const end = await runTui({
    terminal,
    source: new LiveTownSource(access, { ascii: look.symbols.isAscii }),
    run: commandRunner({ cwd: town.root, env }),
    look,
    clock: systemClock,
    view: options.view ?? "activity",
    filter: options.filter ?? "",
    attach: options.attach,
    title: `gt ${town.name}`,
    commands: options.commands ?? [],
    notify: settings.notify,
    reducedMotion: settings.reducedMotion,
    problems,
    memory: memory.layoutMemory(join(town.paths.runtime, "tui.json")),
  });
  await close();
  await options.onQuit?.();
  if (end.error !== undefined) throw end.error;
  return end.code;
}

async function openAccess(
  town: Town,
  actor: string,
): Promise<{ readonly access: TownAccess; readonly close: () => Promise<void> }> {
  const { openTownLedger } = await import("../../core/ledger/town-ledger.ts");
  const ledger = await openTownLedger(town);
  let connected: SessionHost | undefined;
  const access: TownAccess = {
    town,
    ledger,
    clock: systemClock,
    random: systemRandom,
    actor,
    host: async (options = {}) => {
      if (connected !== undefined) return connected;
      const { connectHost } = await import("../../agents/sessions/client.ts");
      const host = await connectHost(town, options);
      host.subscribe((event) => {
        if (event.type === "lost") connected = undefined;
      });
      connected = host;
      return host;
    },
  };
  const close = async () => {
    connected?.disconnect();
    await ledger.close();
  };
  return { access, close };
}
