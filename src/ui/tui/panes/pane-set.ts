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
  /** Bytes parsed since the last painted frame; the host waits for their acknowledgement before it sends on. */
  unpainted: number;
  isClosed: boolean;
}

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
      this.show(pane, { status: "ended", note: "session host gone" });
    }
  }

  write(address: string, bytes: string | Uint8Array): void {
    const pane = this.panes.get(address);
    if (pane === undefined) return;
    if (pane.screen.scroll !== 0) this.scroll(address, Number.NEGATIVE_INFINITY);
    pane.attachment?.write(bytes);
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

  /** A frame is on its way to the terminal: the host may send on. */
  painted(): void {
    for (const pane of this.panes.values()) {
      if (pane.unpainted === 0) continue;
      pane.attachment?.acknowledge(pane.unpainted);
      pane.unpainted = 0;
    }
  }

  private async attach(pane: Pane): Promise<void> {
    const size = this.sizeOf(pane.address) ?? { columns: 80, rows: 24 };
    try {
      const host = await this.options.host();
      const attachment = await host.attach(pane.session, {
        ...size,
        onData: (bytes) => this.receive(pane, bytes),
        onResize: (columns, rows) => this.resizeScreen(pane, columns, rows),
        onExit: (record) => this.exited(pane, record),
      });
      if (pane.isClosed) {
        attachment.detach();
        return;
      }
      pane.attachment = attachment;
      this.resizeScreen(pane, attachment.columns, attachment.rows);
      this.show(pane, { status: "live", note: "" });
      this.fit();
    } catch (error) {
      if (!pane.isClosed) this.show(pane, { status: "absent", note: (error as Error).message });
    }
  }

  private receive(pane: Pane, bytes: Uint8Array): void {
    if (pane.isClosed) return;
    pane.screen.write(bytes, () => {
      pane.unpainted += bytes.length;
      this.options.repaint();
    });
  }

  /** In order with the bytes: those before the change are meant for the old size. */
  private resizeScreen(pane: Pane, columns: number, rows: number): void {
    if (pane.isClosed) return;
    pane.screen.write(new Uint8Array(0), () => {
      if (pane.isClosed) return;
      pane.screen.resize(columns, rows);
      this.options.repaint();
    });
  }

  private exited(pane: Pane, record: SessionRecord): void {
    pane.attachment = undefined;
    if (!pane.isClosed) this.show(pane, { status: "ended", note: endNote(record) });
  }

  private sizeOf(address: string): { readonly columns: number; readonly rows: number } | undefined {
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
