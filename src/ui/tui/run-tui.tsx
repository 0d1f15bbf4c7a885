import { PassThrough } from "node:stream";
import chalk from "chalk";
import { type Instance, render } from "ink";
import type { Clock } from "../../core/clock.ts";
import type { CommandSpec } from "../cli/command.ts";
import { App } from "./app.tsx";
import { Compositor, type Scene } from "./compositor.ts";
import { Control, hasSession } from "./control.ts";
import { InputHandler } from "./handle-input.ts";
import { inside, layOut } from "./layout.ts";
import { newsOf } from "./news.ts";
import { FrameSink, Painter } from "./painter.ts";
import { PaneSet } from "./panes/pane-set.ts";
import { panesOf, removeFromTree } from "./panes/pane-tree.ts";
import type { RunCommand } from "./run-command.ts";
import { wantsAudit } from "./store/filter.ts";
import type { LayoutMemory } from "./store/layout-memory.ts";
import { focusedPane, initialState, type TuiState, type View } from "./store/state.ts";
import { shownMoment } from "./store/rewind.ts";
import { Store } from "./store/store.ts";
import { detailId, shownConvoy } from "./store/rows.ts";
import type { Sight, TownSource } from "./store/town-source.ts";
import type { Notify } from "./tui-settings.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { overlayView } from "./views/overlays.ts";
import type { Look } from "./views/panel.tsx";
import { toastLines } from "./views/toasts.ts";

export interface TuiParts {
  readonly terminal: Terminal;
  readonly source: TownSource;
  readonly run: RunCommand;
  readonly look: Look;
  readonly clock: Clock;
  readonly view: View;
  /** Filter of the events at first. */
  readonly filter: string;
  /** Agent whose session opens zoomed. */
  readonly attach: string | undefined;
  readonly title: string;
  readonly commands: readonly CommandSpec[];
  readonly memory: LayoutMemory;
  readonly notify: Notify;
  /** What nobody pressed a key for moves at most twice a second. */
  readonly reducedMotion: boolean;
  /** What of the settings was not taken. */
  readonly problems: readonly string[];
}

export interface TuiEnd {
  /** Exit code of the process. */
  readonly code: number;
  /** What went wrong, to be printed when the terminal is back. */
  readonly error: unknown;
}

/** How often the time is looked at; the clock in the header and the ages in lists move on by the minute. */
const tickMs = 5000;
const minuteMs = 60_000;

/** Runs the TUI until the person leaves it or the terminal goes away; the terminal is restored before it resolves. */
export async function runTui(parts: TuiParts): Promise<TuiEnd> {
  const tui = new Tui(parts);
  try {
    return await tui.run();
  } finally {
    await tui.close();
  }
}

function sightOf(state: TuiState): Sight {
  return {
    view: state.view,
    convoy: state.view === "convoy" ? shownConvoy(state)?.id : undefined,
    // What a problem shows last is told in its row, too.
    row: state.view === "problems" || layOut(state).detail !== undefined ? detailId(state) : undefined,
    moment: shownMoment(state),
    withAudit: wantsAudit(state.filters.log ?? ""),
  };
}

class Tui {
  private readonly parts: TuiParts;
  private readonly store: Store;
  private readonly panes: PaneSet;
  private readonly compositor: Compositor;
  private readonly painter: Painter;
  private readonly sink: FrameSink;
  private readonly control: Control;
  private readonly input: InputHandler;
  private readonly ending = Promise.withResolvers<TuiEnd>();
  private readonly unsubscribe: () => void;
  private ink: Instance | undefined;
  private tick: NodeJS.Timeout | undefined;
  /** Before that, the layout of the last time is still to come and must not be overwritten. */
  private isRestored = false;

  constructor(parts: TuiParts) {
    this.parts = parts;
    const { terminal, clock, source } = parts;
    this.store = new Store({
      ...initialState({ columns: terminal.columns, rows: terminal.rows }, clock.now()),
      commands: parts.commands,
      view: parts.view,
      filters: parts.filter === "" ? {} : { feed: parts.filter, log: parts.filter },
      focus: { panel: parts.view === "activity" ? "agents" : parts.view },
    });
    this.compositor = new Compositor(terminal.columns, terminal.rows, {
      depth: terminal.colours,
      isAscii: parts.look.symbols.isAscii,
    });
    this.painter = new Painter({
      compositor: this.compositor,
      terminal,
      scene: () => this.scene(),
      painted: () => this.panes.painted(),
      reducedMotion: parts.reducedMotion,
    });
    this.panes = new PaneSet({ store: this.store, host: () => source.host(), repaint: this.painter.request });
    this.control = new Control({
      store: this.store,
      panes: this.panes,
      run: parts.run,
      quit: () => this.end({ code: 0, error: undefined }),
      suspend: () => terminal.suspend(),
      copy: (text) => terminal.copy(text),
      refresh: () => source.refresh(),
    });
    this.input = new InputHandler(this.control, parts.look);
    this.sink = new FrameSink(terminal, (frame) => {
      this.compositor.setLayer(frame);
      this.painter.request();
    });
    this.unsubscribe = this.store.subscribe(() => this.changed());
  }

  async run(): Promise<TuiEnd> {
    const { terminal, source, clock, title } = this.parts;
    process.on("uncaughtException", this.failed);
    process.on("unhandledRejection", this.failed);
    terminal.open({
      input: (bytes) => {
        this.painter.keyPressed();
        this.input.receive(bytes);
      },
      drained: () => this.painter.drained(),
      resized: () => this.resized(),
      resumed: () => {
        this.compositor.forget();
        this.resized();
      },
      ended: (signal) => this.end({ code: 128 + signal, error: undefined }),
    });
    terminal.setTitle(title);
    for (const problem of this.parts.problems) this.control.toast("bad", problem);
    // The compositor fits colours to the terminal and to NO_COLOR; Ink's layer always carries all of them.
    chalk.level = 3;
    this.ink = render(<App store={this.store} look={this.parts.look} />, {
      stdout: this.sink as unknown as NodeJS.WriteStream,
      stdin: new PassThrough() as unknown as NodeJS.ReadStream,
      debug: true,
      interactive: true,
      exitOnCtrlC: false,
      patchConsole: false,
    });
    this.ink.waitUntilExit().catch(this.failed);
    this.tick = setInterval(() => this.moveClock(), tickMs);
    source
      .start({
        changed: (data) => {
          const before = this.store.snapshot().town;
          this.store.set((state) => ({ town: { ...state.town, ...data }, now: clock.now() }));
          this.announce(newsOf(before, this.store.snapshot().town));
        },
        session: (event) => {
          if (event.type === "started") this.panes.sessionStarted(event.record);
          if (event.type === "lost") this.panes.hostLost();
        },
      })
      .then(() => (this.parts.attach === undefined ? this.restoreLayout() : this.attachFirst()))
      .catch(this.failed);
    return this.ending.promise;
  }

  async close(): Promise<void> {
    clearInterval(this.tick);
    if (this.parts.attach === undefined && this.isRestored) this.parts.memory.save(this.store.snapshot());
    this.painter.stop();
    this.input.close();
    this.unsubscribe();
    this.panes.closeAll();
    this.parts.terminal.restore();
    // Ink watches signals too and would end the process, were it the only one: it goes before our own listeners.
    this.ink?.unmount();
    this.parts.terminal.close();
    process.off("uncaughtException", this.failed);
    process.off("unhandledRejection", this.failed);
    await this.parts.source.close();
  }

  private end(end: TuiEnd): void {
    this.painter.stop();
    this.parts.terminal.restore();
    this.ending.resolve(end);
  }

  private readonly failed = (error: unknown): void => {
    this.end({ code: 1, error });
  };

  /** Opens the panes of the last time whose agents have a session. */
  private restoreLayout(): void {
    this.isRestored = true;
    const layout = this.parts.memory.load();
    if (layout === undefined) return;
    const { town, selection } = this.store.snapshot();
    const live = new Map(town.agents.filter(hasSession).map((agent) => [agent.address, agent.session]));
    let paneTree = layout.paneTree;
    for (const address of panesOf(paneTree))
      if (!live.has(address)) paneTree = removeFromTree(paneTree, address);
    this.store.set({
      paneTree,
      collapsed: new Set(layout.collapsed),
      ...(layout.agent === undefined ? {} : { selection: { ...selection, agents: layout.agent } }),
    });
    for (const address of panesOf(paneTree)) this.panes.open(address, live.get(address) ?? "");
  }

  private attachFirst(): void {
    const { attach } = this.parts;
    if (attach === undefined) return;
    const agent = this.store.snapshot().town.agents.find(({ address }) => address === attach);
    if (agent === undefined) {
      this.control.toast("bad", `no agent ${attach}`);
      return;
    }
    this.store.set((state) => ({ isZoomed: true, selection: { ...state.selection, agents: attach } }));
    this.control.openPane(agent, "replace");
  }

  private announce(news: string): void {
    const { notify, terminal, title } = this.parts;
    if (news !== "" && notify !== "none") terminal.announce(`${title}: ${news}`, notify);
  }

  private moveClock(): void {
    const now = this.parts.clock.now();
    const isSameMinute = Math.floor(now / minuteMs) === Math.floor(this.store.snapshot().now / minuteMs);
    if (!isSameMinute) this.store.set({ now });
  }

  private changed(): void {
    this.parts.source.look(sightOf(this.store.snapshot()));
    this.panes.fit();
    this.painter.request();
  }

  private resized(): void {
    const { columns, rows } = this.parts.terminal;
    this.compositor.resize(columns, rows);
    this.store.set({ columns, rows });
    this.sink.resize(columns, rows);
    this.panes.fit();
    this.painter.request();
  }

  private scene(): Scene {
    const state = this.store.snapshot();
    const { look } = this.parts;
    const overlay = overlayView(state, look);
    const toasts = toastLines(state, look);
    return {
      panes: this.panes.layers(state),
      covers: [overlay, toasts].flatMap((above) => (above === undefined ? [] : [above.rect])),
      cursor: overlay === undefined ? this.paneCursor(state) : overlay.cursor,
    };
  }

  private paneCursor(state: TuiState): Scene["cursor"] {
    const address = focusedPane(state);
    if (address === undefined || !("mode" in state.focus) || state.focus.mode !== "type") return undefined;
    const rect = layOut(state).panes.get(address);
    const cursor = this.panes.get(address)?.cursor();
    if (rect === undefined || cursor === undefined) return undefined;
    const area = inside(rect);
    if (cursor.x >= area.width || cursor.y >= area.height) return undefined;
    return { x: area.x + cursor.x, y: area.y + cursor.y };
  }
}
