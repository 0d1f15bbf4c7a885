import type { Attachment, SessionHost, SessionRecord } from "../../../agents/sessions/session-host.ts";
import type { PaneLayer } from "../compositor.ts";
import { inside, layOut } from "../layout.ts";
import type { Rect } from "../screen/cell-grid.ts";
import type { PaneInfo, TuiState } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import { PaneScreen } from "./pane-screen.ts";

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
  /** Bytes that may be parsed before the next frame. */
  credit: number;
  /** Bytes parsed since the last painted frame; the host waits for their acknowledgement before it sends on. */
  unpainted: number;
  isClosed: boolean;
}

interface PaneSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Bytes of all panes together that are parsed for one frame: a few milliseconds of work, so that keys are never kept
 * waiting by agents that flood. What does not fit waits, and the host with it.
 */
const frameBytes = 64 * 1024;
const sliceBytes = 16 * 1024;

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
      credit: frameBytes,
      unpainted: 0,
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
    for (const address of [...this.panes.keys()]) this.close(address);
  }

  /** Attaches again where a session of that name has (re)started. */
  sessionStarted(record: SessionRecord): void {
    for (const pane of this.panes.values()) {
      if (pane.session !== record.session || pane.attachment !== undefined) continue;
      pane.screen.scroll = 0;
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
    if (pane.screen.scroll !== 0) this.scroll(address, Number.NEGATIVE_INFINITY);
    if (pane.attachment !== undefined) pane.attachment.write(bytes);
    else if (!pane.isEnded) pane.typedAhead.push(bytes);
  }

  /** Moves the view back by so many lines (negative: towards the present). */
  scroll(address: string, lines: number): void {
    const pane = this.panes.get(address);
    if (pane === undefined) return;
    const most = pane.screen.terminal.buffer.active.baseY;
    pane.screen.scroll = Math.max(0, Math.min(most, pane.screen.scroll + lines));
    const current = this.options.store.snapshot().panes.get(address);
    if (current !== undefined) this.put({ ...current, scroll: pane.screen.scroll });
    this.options.repaint();
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

  /** A frame is on its way to the terminal: the host may send on, and the next bytes may be parsed. */
  painted(): void {
    const busy = [...this.panes.values()].filter((pane) => pane.arrived.length > 0).length;
    for (const pane of this.panes.values()) {
      if (pane.unpainted > 0) pane.attachment?.acknowledge(pane.unpainted);
      pane.unpainted = 0;
      pane.credit = Math.ceil(frameBytes / Math.max(1, busy));
      this.parse(pane);
    }
  }

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
    if (pane.isParsing || pane.isClosed) return;
    const next = pane.arrived[0];
    if (next === undefined) return;
    if (!(next instanceof Uint8Array)) {
      pane.arrived.shift();
      pane.screen.resize(next.columns, next.rows);
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
      this.options.repaint();
      this.parse(pane);
    });
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
    this.put({ address: pane.address, session: pane.session, scroll: pane.screen.scroll, ...change });
  }

  private put(info: PaneInfo): void {
    this.options.store.set((state) => ({ panes: new Map(state.panes).set(info.address, info) }));
  }
}

function endNote(record: SessionRecord): string {
  const reason = record.exitReason ?? "ended";
  return record.exitCode === undefined || record.exitCode === 0
    ? reason
    : `${reason}, exit ${record.exitCode}`;
}
