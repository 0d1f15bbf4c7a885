import { actions, moveIn, select } from "./actions.ts";
import type { Control } from "./control.ts";
import { bindingFor } from "./look-up-key.ts";
import { inside, type Layout, layOut } from "./layout.ts";
import { handleOverlayKey } from "./overlay-keys.ts";
import type { BufferPlace } from "./panes/selection.ts";
import type { Rect } from "./screen/cell-grid.ts";
import { rowIds, selectedId } from "./store/rows.ts";
import { focusedPanel, type Overlay, type PanelName } from "./store/state.ts";
import type { MouseToken } from "./terminal/parse-input.ts";
import { rowAt } from "./views/panel-lines.ts";
import { footerLine } from "./views/footer.ts";
import { headerLine } from "./views/header.ts";
import type { Look } from "./views/panel.tsx";
import { pieceAt } from "./views/spans.ts";

const wheelRows = 3;

/** What the mouse does where no program has asked for it: focus, select rows and text, scroll. */
export class Mouse {
  private readonly control: Control;
  private readonly look: Look;
  /** Where the button went down in a pane. */
  private pressed: { readonly pane: string; readonly rect: Rect; readonly at: BufferPlace } | undefined;
  private isDragging = false;

  constructor(control: Control, look: Look) {
    this.control = control;
    this.look = look;
  }

  handle(token: MouseToken): void {
    const state = this.control.store.snapshot();
    if (state.overlay !== undefined) {
      this.inOverlay(state.overlay, token);
      return;
    }
    if (token.action === "drag") {
      this.drag(token);
      return;
    }
    if (token.action === "release") {
      this.release();
      return;
    }
    const layout = layOut(state);
    const pane = [...layout.panes].find(([, rect]) => contains(rect, token));
    if (pane !== undefined) {
      this.inPane(...pane, token);
      return;
    }
    if (token.action === "press" && this.pressBar(token, layout)) return;
    for (const [panel, rect] of layout.panels) {
      if (!contains(rect, token)) continue;
      if (token.action === "press") this.click(panel, rect, token);
      else moveIn(this.control, panel, wheelStep(token));
      return;
    }
    for (const [panel, rect] of layout.summaries)
      if (contains(rect, token) && token.action === "press") this.control.store.set({ focus: { panel } });
  }

  /** The wheel moves on in what lies above everything else; a click closes what only tells something. */
  private inOverlay(overlay: Overlay, { action }: MouseToken): void {
    const isTold = overlay.kind === "text" || overlay.kind === "help";
    if (action === "press" && isTold) this.control.store.set({ overlay: undefined });
    if (action !== "wheel-up" && action !== "wheel-down") return;
    for (let row = 0; row < wheelRows; row++) {
      const { overlay: now } = this.control.store.snapshot();
      const key = action === "wheel-up" ? "up" : "down";
      if (now !== undefined && now.kind !== "nudge") handleOverlayKey(this.control, now, { key, text: "" });
    }
  }

  /** Counts in the header and keys in the footer do what they name. */
  private pressBar({ x, y }: MouseToken, { header, footer }: Layout): boolean {
    const { control, look } = this;
    const state = control.store.snapshot();
    if (y !== header.y && y !== footer.y) return false;
    const line =
      y === header.y ? headerLine(state, look, header.width) : footerLine(state, look, footer.width);
    const action = pieceAt(line, x)?.action;
    if (action !== undefined) actions[action](control);
    return true;
  }

  private inPane(address: string, rect: Rect, token: MouseToken): void {
    const { panes } = this.control;
    if (token.action !== "press") {
      panes.scroll(address, -wheelStep(token));
      return;
    }
    this.control.typeInto(address);
    const at = panes.placeAt(address, cellIn(rect, token));
    this.pressed = at && { pane: address, rect, at };
  }

  /** Text that the mouse is drawn over is selected; the pane is looked at meanwhile, and stands still. */
  private drag(token: MouseToken): void {
    if (this.pressed === undefined) return;
    const { pane, rect, at } = this.pressed;
    this.isDragging = true;
    this.control.store.set({ focus: { pane, mode: "look" } });
    this.control.panes.select(pane, at, cellIn(rect, token));
  }

  private release(): void {
    if (this.isDragging && this.pressed !== undefined) this.control.copyFrom(this.pressed.pane);
    this.isDragging = false;
    this.pressed = undefined;
  }

  /** A click selects and focuses; one on the selected row does what Enter does there. */
  private click(panel: PanelName, rect: Rect, token: MouseToken): void {
    const { control, look } = this;
    const state = control.store.snapshot();
    control.store.set({ focus: { panel } });
    const row = rowAt(panel, rect, token.y - inside(rect).y, { state, look });
    if (row === undefined) return;
    const ids = rowIds(state, panel);
    const wasSelected = focusedPanel(state) === panel && selectedId(state, panel) === row;
    select(control, panel, ids, ids.indexOf(row));
    if (!wasSelected) return;
    const binding = bindingFor(look.bindings, control.store.snapshot(), "enter");
    if (binding !== undefined) actions[binding.action](control);
  }
}

function wheelStep({ action }: MouseToken): number {
  return action === "wheel-up" ? -wheelRows : wheelRows;
}

/** The cell within the frame of a pane; outside of it, one beyond its edge. */
function cellIn(rect: Rect, { x, y }: MouseToken): { readonly column: number; readonly row: number } {
  const area = inside(rect);
  return { column: x - area.x, row: y - area.y };
}

function contains(rect: Rect, { x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}
