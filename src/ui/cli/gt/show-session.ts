import type { Attachment, SessionHost, SessionRecord } from "../../../agents/sessions/session-host.ts";
import { Compositor } from "../../tui/compositor.ts";
import { Painter } from "../../tui/painter.ts";
import { encodeForPane } from "../../tui/panes/pane-input.ts";
import { PaneScreen } from "../../tui/panes/pane-screen.ts";
import type { Rect } from "../../tui/screen/cell-grid.ts";
import { type InputToken, InputParser } from "../../tui/terminal/parse-input.ts";
import type { Terminal } from "../../tui/terminal/terminal.ts";

export interface ShowOptions {
  readonly terminal: Terminal;
  readonly host: SessionHost;
  readonly session: string;
  readonly title: string;
  readonly isReadOnly: boolean;
}

export type ShowEnd =
  | { readonly kind: "detached" }
  | { readonly kind: "ended"; readonly record: SessionRecord }
  | { readonly kind: "signal"; readonly signal: number };

const detachKey = "\x1d";
/** A second press within this time is meant for the agent. */
const secondPressMs = 300;
/** How long a lone Esc may be the start of a longer sequence. */
const escapeMs = 30;

/**
 * One session over the whole terminal, with one line below it that tells how to leave. The agent's bytes never reach the
 * terminal themselves: they are drawn from a screen of their own, so they control nothing outside of it.
 */
export async function showSession(options: ShowOptions): Promise<ShowEnd> {
  const show = new SessionShow(options);
  try {
    return await show.run();
  } finally {
    show.close();
  }
}

class SessionShow {
  readonly #options: ShowOptions;
  readonly #compositor: Compositor;
  readonly #painter: Painter;
  readonly #screen: PaneScreen;
  readonly #parser = new InputParser();
  readonly #end = Promise.withResolvers<ShowEnd>();
  #attachment: Attachment | undefined;
  #unpainted = 0;
  #leaving: NodeJS.Timeout | undefined;
  #escape: NodeJS.Timeout | undefined;

  constructor(options: ShowOptions) {
    this.#options = options;
    const { terminal } = options;
    this.#compositor = new Compositor(terminal.columns, terminal.rows, {
      depth: terminal.colours,
      isAscii: false,
    });
    this.#screen = new PaneScreen(this.#area.width, this.#area.height);
    this.#painter = new Painter({
      compositor: this.#compositor,
      terminal,
      scene: () => ({
        panes: [{ rect: this.#area, drawInto: (grid, rect) => this.#screen.drawInto(grid, rect) }],
        covers: [],
        cursor: this.#cursor(),
      }),
      painted: () => {
        if (this.#unpainted > 0) this.#attachment?.acknowledge(this.#unpainted);
        this.#unpainted = 0;
      },
    });
  }

  async run(): Promise<ShowEnd> {
    const { terminal, host, session, isReadOnly } = this.#options;
    this.#attachment = await host.attach(session, {
      columns: this.#area.width,
      rows: this.#area.height,
      passive: isReadOnly,
      onData: (bytes) =>
        this.#screen.write(bytes, () => {
          this.#unpainted += bytes.length;
          this.#painter.request();
        }),
      onResize: (columns, rows) => this.#resizeScreen(columns, rows),
      onExit: (record) => this.#end.resolve({ kind: "ended", record }),
    });
    this.#resizeScreen(this.#attachment.columns, this.#attachment.rows);
    terminal.open({
      input: (bytes) => this.#receive(bytes),
      drained: () => this.#painter.drained(),
      resized: () => this.#resized(),
      resumed: () => this.#resized(),
      ended: (signal) => this.#end.resolve({ kind: "signal", signal }),
    });
    terminal.setTitle(this.#options.title);
    this.#resized();
    return this.#end.promise;
  }

  close(): void {
    clearTimeout(this.#leaving);
    clearTimeout(this.#escape);
    this.#painter.stop();
    this.#attachment?.detach();
    this.#options.terminal.restore();
    this.#options.terminal.close();
    this.#screen.dispose();
  }

  /** All but the last line, which tells how to leave. */
  get #area(): Rect {
    const { columns, rows } = this.#options.terminal;
    return { x: 0, y: 0, width: columns, height: Math.max(1, rows - 1) };
  }

  #cursor(): { readonly x: number; readonly y: number } | undefined {
    const cursor = this.#screen.cursor();
    const { width, height } = this.#area;
    return cursor !== undefined && cursor.x < width && cursor.y < height ? cursor : undefined;
  }

  #resized(): void {
    const { terminal } = this.#options;
    this.#compositor.resize(terminal.columns, terminal.rows);
    this.#drawBottom();
    this.#attachment?.resize(this.#area.width, this.#area.height);
    this.#painter.request();
  }

  #drawBottom(): void {
    const { rows } = this.#options.terminal;
    this.#compositor.setLayer("\n".repeat(Math.max(0, rows - 1)) + this.#bottomLine());
  }

  #bottomLine(): string {
    const { terminal, title, isReadOnly } = this.#options;
    const { cols, rows } = this.#screen.terminal;
    // Somebody looks at the session in a larger view, whose size it has.
    const isPart = cols > this.#area.width || rows > this.#area.height;
    const left = ` ${title}${isReadOnly ? " (read only)" : ""}${isPart ? `  part of ${cols}x${rows}` : ""}`;
    const right = "Ctrl-] leaves ";
    const gap = terminal.columns - left.length - right.length;
    const text = gap >= 1 ? left + " ".repeat(gap) + right : right.trimEnd();
    return `\x1b[7m${text.slice(0, terminal.columns)}\x1b[0m`;
  }

  /** In order with the bytes: those before the change are meant for the old size. */
  #resizeScreen(columns: number, rows: number): void {
    this.#screen.write(new Uint8Array(0), () => {
      this.#screen.resize(columns, rows);
      this.#drawBottom();
      this.#painter.request();
    });
  }

  #receive(bytes: Uint8Array): void {
    this.#painter.keyPressed();
    clearTimeout(this.#escape);
    for (const token of this.#parser.parse(bytes)) this.#take(token);
    if (!this.#parser.isWaiting) return;
    this.#escape = setTimeout(() => {
      for (const token of this.#parser.flush()) this.#take(token);
    }, escapeMs);
  }

  #take(token: InputToken): void {
    if (token.raw === detachKey) {
      if (this.#leaving === undefined) {
        this.#leaving = setTimeout(() => this.#end.resolve({ kind: "detached" }), secondPressMs);
        return;
      }
      clearTimeout(this.#leaving);
      this.#leaving = undefined;
    }
    if (this.#options.isReadOnly) return;
    const text = encodeForPane(token, this.#screen, this.#area);
    if (text !== undefined && text !== "") this.#attachment?.write(Buffer.from(text, "latin1"));
  }
}
