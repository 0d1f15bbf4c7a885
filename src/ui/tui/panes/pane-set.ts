import type { Attachment, SessionHost, SessionRecord } from "../../../agents/sessions/session-host.ts";
import type { PaneLayer } from "../compositor.ts";
import { inside, layOut } from "../layout.ts";
import type { Rect } from "../screen/cell-grid.ts";
import type { PaneInfo, TuiState } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import { type BufferPlace, findText, selectionBetween } from "./selection.ts";
import { longestUpdateMs, PaneScreen } from "./pane-screen.ts";

interface Pane {
  readonly address: string;
  readonly session: string;
  readonly screen: PaneScreen;
  attachment: Attachment | undefined;
  /** What came from the host and is not on the screen yet: bytes, and sizes in their order. */
  readonly arrived: (Uint8Array | PaneSize)[];
  /** What the person typed before the session was attached. */
  readonly typedAhead: (string | Uint8Array)[];
  isEnded: boolean;
  isParsing: boolean;
  /** Bytes that may be parsed in this turn. */
  credit: number;
  /** Bytes parsed since the last painted frame. */
  unpainted: number;
  /** Bytes painted since the last turn; the host waits for their acknowledgement before it sends on. */
  painted: number;
  /** The person wants to see what has scrolled away, which the host was asked for. */
  wanted: { readonly lines: number; readonly until: number } | undefined;
  isClosed: boolean;
}

interface PaneSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The rhythm in which the host is told what was painted and sends on: however fast frames follow a key, agents that flood
 * are shown at the rate of a stream.
 */
const turnMs = 25;
/** Bytes of all panes together that are parsed in a turn. What does not fit waits, and the host with it. */
const turnBytes = 128 * 1024;
/** A millisecond of parsing; keys are read in between. */
const sliceBytes = 16 * 1024;
/** How long the host may take to send what has scrolled away. */
const wantedMs = 2000;

export interface PaneSetOptions {
  readonly store: Store;
  /** The host, or an error when there is none. */
  readonly host: () => Promise<SessionHost>;
  /** A pane has something new to show. */
  readonly repaint: () => void;
}

/** The live terminals of the open panes: attached to the host, fed into screens, painted by the compositor. */
export class PaneSet {
  private readonly panes = new Map<string, Pane>();
  private readonly options: PaneSetOptions;
  private turn: NodeJS.Timeout | undefined;
  private lastTurnAt = 0;
  private lateUpdate: NodeJS.Timeout | undefined;

  constructor(options: PaneSetOptions) {
    this.options = options;
  }

  get(address: string): PaneScreen | undefined {
    return this.panes.get(address)?.screen;
  }

  /** Attaches to the agent's session; what becomes of it shows in the pane. */
  open(address: string, session: string): void {
    if (this.panes.has(address)) return;
    const size = this.sizeOf(address) ?? { columns: 80, rows: 24 };
    const pane: Pane = {
      address,
      session,
      screen: new PaneScreen(size.columns, size.rows),
      attachment: undefined,
      arrived: [],
      typedAhead: [],
      isEnded: false,
      isParsing: false,
      credit: turnBytes,
      unpainted: 0,
      painted: 0,
      wanted: undefined,
      isClosed: false,
    };
    this.panes.set(address, pane);
    this.show(pane, { status: "connecting", note: "" });
    void this.attach(pane);
  }

  close(address: string): void {
    const pane = this.panes.get(address);
    if (pane === undefined) return;
    this.panes.delete(address);
    pane.isClosed = true;
    pane.attachment?.detach();
    pane.screen.dispose();
  }

  closeAll(): void {
    clearTimeout(this.turn);
    clearTimeout(this.lateUpdate);
    for (const address of [...this.panes.keys()]) this.close(address);
  }

  /** Attaches again where a session of that name has (re)started. */
  sessionStarted(record: SessionRecord): void {
    for (const pane of this.panes.values()) {
      if (pane.session !== record.session || pane.attachment !== undefined) continue;
      pane.screen.scroll = 0;
      pane.screen.selection = undefined;
      this.show(pane, { status: "connecting", note: "" });
      void this.attach(pane);
    }
  }

  hostLost(): void {
    for (const pane of this.panes.values()) {
      pane.attachment = undefined;
      pane.isEnded = true;
      this.show(pane, { status: "ended", note: "session host gone" });
    }
  }

  write(address: string, bytes: string | Uint8Array): void {
    const pane = this.panes.get(address);
    if (pane === undefined) return;
    this.deselect(address);
    if (pane.screen.scroll !== 0) this.scroll(address, Number.NEGATIVE_INFINITY);
    if (pane.attachment !== undefined) pane.attachment.write(bytes);
    else if (!pane.isEnded) pane.typedAhead.push(bytes);
  }

  /** Moves the view back by so many lines (negative: towards the present). */
  scroll(address: string, lines: number): void {
    const pane = this.panes.get(address);
    if (pane === undefined) return;
    const most = pane.screen.terminal.buffer.active.baseY;
    if (lines > 0 && most === 0 && pane.attachment !== undefined) {
      // A view that could not follow a flood has an empty scrollback.
      pane.wanted = { lines, until: performance.now() + wantedMs };
      pane.attachment.refresh();
      return;
    }
    pane.wanted = undefined;
    pane.screen.scroll = Math.max(0, Math.min(most, pane.screen.scroll + lines));
    this.note(pane);
    this.options.repaint();
    this.parse(pane);
  }

  /** Selects what lies between two cells of the pane (column and row of its inside); the pane stands still meanwhile. */
  select(address: string, from: BufferPlace, to: { readonly column: number; readonly row: number }): void {
    const screen = this.panes.get(address)?.screen;
    if (screen === undefined) return;
    screen.selection = selectionBetween(from, this.placeAt(address, to) ?? from);
    this.options.repaint();
  }

  /** The cell of the buffer that is in view at a column and row of the pane's inside. */
  placeAt(
    address: string,
    { column, row }: { readonly column: number; readonly row: number },
  ): BufferPlace | undefined {
    const screen = this.panes.get(address)?.screen;
    if (screen === undefined) return undefined;
    const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
    return {
      line: screen.topLine + within(row + screen.rowsAbove, screen.terminal.rows),
      column: within(column, screen.terminal.cols),
    };
  }

  deselect(address: string): void {
    const pane = this.panes.get(address);
    if (pane?.screen.selection === undefined) return;
    pane.screen.selection = undefined;
    this.options.repaint();
    this.parse(pane);
  }

  /**
   * Selects the nearest place of a text that is older (`-1`) or newer (`1`) than the selection, or than the end of the
   * view, and scrolls to it. Returns whether there is one.
   */
  search(address: string, text: string, direction: 1 | -1): boolean {
    const screen = this.panes.get(address)?.screen;
    if (screen === undefined) return false;
    const { terminal, selection } = screen;
    const end = { line: screen.topLine + terminal.rows, column: 0 };
    const found = findText(terminal, text, selection?.first ?? end, direction);
    if (found === undefined) return false;
    screen.selection = found;
    const back = terminal.buffer.active.baseY - found.first.line + Math.floor(terminal.rows / 2);
    const isInView = found.first.line >= screen.topLine && found.first.line < screen.topLine + terminal.rows;
    if (!isInView) this.scroll(address, Math.max(0, back) - screen.scroll);
    this.options.repaint();
    return true;
  }

  /** Tells the host the size of each visible pane. */
  fit(): void {
    for (const pane of this.panes.values()) {
      const size = this.sizeOf(pane.address);
      if (size !== undefined) pane.attachment?.resize(size.columns, size.rows);
    }
  }

  /** Layers of the panes that are visible. */
  layers(state: TuiState): readonly PaneLayer[] {
    const { panes } = layOut(state);
    return [...panes].flatMap(([address, rect]) => {
      const pane = this.panes.get(address);
      if (pane === undefined || state.panes.get(address)?.status === "absent") return [];
      return [{ rect: inside(rect), drawInto: (grid, area) => pane.screen.drawInto(grid, area) }];
    });
  }

  /** A frame is on its way to the terminal. */
  painted(): void {
    let isAnyBusy = false;
    let isAnyUpdating = false;
    for (const pane of this.panes.values()) {
      pane.painted += pane.unpainted;
      pane.unpainted = 0;
      isAnyBusy ||= pane.painted > 0 || pane.arrived.length > 0;
      isAnyUpdating ||= !pane.screen.isWhole;
    }
    if (isAnyBusy)
      this.turn ??= setTimeout(this.takeTurn, Math.max(0, this.lastTurnAt + turnMs - performance.now()));
    // Whoever stops in the middle of an update is shown as far as it came.
    clearTimeout(this.lateUpdate);
    if (isAnyUpdating) this.lateUpdate = setTimeout(this.options.repaint, longestUpdateMs + 1);
  }

  /** The host may send on, and what waits may be parsed. */
  private readonly takeTurn = (): void => {
    this.turn = undefined;
    this.lastTurnAt = performance.now();
    const busy = [...this.panes.values()].filter((pane) => pane.arrived.length > 0).length;
    for (const pane of this.panes.values()) {
      if (pane.painted > 0) pane.attachment?.acknowledge(pane.painted);
      pane.painted = 0;
      pane.credit = Math.ceil(turnBytes / Math.max(1, busy));
      this.parse(pane);
    }
  };

  private async attach(pane: Pane): Promise<void> {
    const size = this.sizeOf(pane.address) ?? { columns: 80, rows: 24 };
    pane.arrived.length = 0;
    pane.isEnded = false;
    try {
      const host = await this.options.host();
      const attachment = await host.attach(pane.session, {
        ...size,
        onData: (bytes) => this.receive(pane, bytes),
        onResize: (columns, rows) => this.receive(pane, { columns, rows }),
        onExit: (record) => this.exited(pane, record),
      });
      if (pane.isClosed) {
        attachment.detach();
        return;
      }
      // The snapshot is made for the size that the pty has, and may have arrived before this answer.
      pane.arrived.unshift({ columns: attachment.columns, rows: attachment.rows });
      pane.attachment = attachment;
      for (const typed of pane.typedAhead.splice(0)) attachment.write(typed);
      this.parse(pane);
      this.show(pane, { status: "live", note: "" });
      this.fit();
    } catch (error) {
      pane.isEnded = true;
      pane.typedAhead.length = 0;
      if (!pane.isClosed) this.show(pane, { status: "absent", note: (error as Error).message });
    }
  }

  private receive(pane: Pane, arrived: Uint8Array | PaneSize): void {
    if (pane.isClosed) return;
    pane.arrived.push(arrived);
    if (pane.attachment !== undefined) this.parse(pane);
  }

  /** Feeds what arrived to the screen, as much as the credit of this frame allows. */
  private parse(pane: Pane): void {
    // What a person reads who has scrolled back or selects stands still; the host waits, or leaves this view behind.
    if (pane.isParsing || pane.isClosed || pane.screen.scroll > 0 || pane.screen.selection) return;
    const next = pane.arrived[0];
    if (next === undefined) return;
    if (!(next instanceof Uint8Array)) {
      pane.arrived.shift();
      pane.screen.resize(next.columns, next.rows);
      this.note(pane);
      this.options.repaint();
      this.parse(pane);
      return;
    }
    if (pane.credit <= 0) return;
    const slice = next.subarray(0, sliceBytes);
    if (slice.length === next.length) pane.arrived.shift();
    else pane.arrived[0] = next.subarray(slice.length);
    pane.credit -= slice.length;
    pane.isParsing = true;
    pane.screen.write(slice, () => {
      pane.isParsing = false;
      pane.unpainted += slice.length;
      this.scrollAsWanted(pane);
      this.options.repaint();
      this.parse(pane);
    });
  }

  private scrollAsWanted(pane: Pane): void {
    const { wanted, screen } = pane;
    if (wanted === undefined || !screen.isWhole || screen.terminal.buffer.active.baseY === 0) return;
    pane.wanted = undefined;
    if (performance.now() < wanted.until) this.scroll(pane.address, wanted.lines);
  }

  private exited(pane: Pane, record: SessionRecord): void {
    pane.attachment = undefined;
    pane.isEnded = true;
    if (pane.isClosed) return;
    this.show(pane, { status: "ended", note: endNote(record) });
    void this.attachToSuccessor(pane);
  }

  /** The next session of the agent may have started before this end was heard of. */
  private async attachToSuccessor(pane: Pane): Promise<void> {
    const host = await this.options.host().catch(() => undefined);
    const current = await host?.get(pane.session).catch(() => undefined);
    if (current !== undefined && current.phase !== "exited") this.sessionStarted(current);
  }

  private sizeOf(address: string): PaneSize | undefined {
    const rect: Rect | undefined = layOut(this.options.store.snapshot()).panes.get(address);
    if (rect === undefined) return undefined;
    const { width, height } = inside(rect);
    return width < 2 || height < 1 ? undefined : { columns: width, rows: height };
  }

  private show(pane: Pane, change: Pick<PaneInfo, "status" | "note">): void {
    this.put({ address: pane.address, session: pane.session, ...standingOf(pane), ...change });
  }

  /** What the frame of the pane tells besides. */
  private note(pane: Pane): void {
    const current = this.options.store.snapshot().panes.get(pane.address);
    if (current !== undefined) this.put({ ...current, ...standingOf(pane) });
  }

  private put(info: PaneInfo): void {
    this.options.store.set((state) => ({ panes: new Map(state.panes).set(info.address, info) }));
  }
}

function standingOf({ screen }: Pane): Pick<PaneInfo, "scroll" | "columns" | "rows"> {
  return { scroll: screen.scroll, columns: screen.terminal.cols, rows: screen.terminal.rows };
}

function endNote(record: SessionRecord): string {
  const reason = record.exitReason ?? "ended";
  return record.exitCode === undefined || record.exitCode === 0
    ? reason
    : `${reason}, exit ${record.exitCode}`;
}
