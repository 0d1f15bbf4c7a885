import { actions, moveIn, select } from "./actions.ts";
import type { Control } from "./control.ts";
import { bindingFor } from "./keymap.ts";
import { inside, layOut } from "./layout.ts";
import type { Rect } from "./screen/cell-grid.ts";
import { handleOverlayKey, pasteIntoOverlay } from "./overlay-keys.ts";
import { encodeForPane } from "./panes/pane-input.ts";
import { rowIds, selectedId } from "./store/rows.ts";
import { focusedPanel, type PanelName } from "./store/state.ts";
import { rowAt } from "./views/panel-lines.ts";
import type { Look } from "./views/panel.tsx";
import { InputParser, type InputToken, type MouseToken } from "./terminal/parse-input.ts";

/** A lone Esc is the Esc key when nothing follows for this long. */
const escapeMs = 25;
const wheelRows = 3;

/** Turns the terminal's bytes into actions; those for a session go there unchanged. */
export class InputHandler {
  private readonly parser = new InputParser();
  private readonly control: Control;
  private readonly look: Look;
  private timer: NodeJS.Timeout | undefined;

  constructor(control: Control, look: Look) {
    this.control = control;
    this.look = look;
  }

  receive(bytes: Uint8Array): void {
    clearTimeout(this.timer);
    this.handle(this.parser.parse(bytes));
    if (this.parser.isWaiting) this.timer = setTimeout(() => this.handle(this.parser.flush()), escapeMs);
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private handle(tokens: readonly InputToken[]): void {
    // Bytes for one pane that arrived together leave together, as the program would have read them.
    let forPane = "";
    let pane: string | undefined;
    const flush = () => {
      if (pane !== undefined && forPane !== "")
        this.control.panes.write(pane, Buffer.from(forPane, "latin1"));
      forPane = "";
    };
    for (const token of tokens) {
      const target = this.typedInto();
      if (target !== pane) {
        flush();
        pane = target;
      }
      const passed = target === undefined ? undefined : this.passedTo(target, token);
      if (passed === undefined) {
        flush();
        handleToken(this.control, token, this.look);
      } else forPane += passed;
    }
    flush();
  }

  private typedInto(): string | undefined {
    const { overlay, focus } = this.control.store.snapshot();
    return overlay === undefined && "pane" in focus && focus.mode === "type" ? focus.pane : undefined;
  }

  /** What of the token the session gets; undefined when it is ours. */
  private passedTo(address: string, token: InputToken): string | undefined {
    if (token.kind === "key" && bindingFor(this.control.store.snapshot(), token.key) !== undefined)
      return undefined;
    const screen = this.control.panes.get(address);
    const rect = layOut(this.control.store.snapshot()).panes.get(address);
    if (screen === undefined || rect === undefined) return "";
    return encodeForPane(token, screen, inside(rect));
  }
}

function handleToken(control: Control, token: InputToken, look: Look): void {
  const state = control.store.snapshot();
  if (token.kind === "mouse") {
    handleMouse(control, token, look);
    return;
  }
  if (token.kind === "paste") {
    if (state.overlay !== undefined) pasteIntoOverlay(control, token.text);
    return;
  }
  if (token.kind !== "key") return;
  const binding = state.overlay === undefined ? bindingFor(state, token.key) : undefined;
  // Only a Ctrl-] right behind the one that left the session is meant for it.
  if (state.leftPane !== undefined && binding?.action !== "sendEscapeKey")
    control.store.set({ leftPane: undefined });
  if (state.overlay !== undefined) {
    handleOverlayKey(control, state.overlay, token);
    return;
  }
  if (binding !== undefined) actions[binding.action](control);
}

function handleMouse(control: Control, token: MouseToken, look: Look): void {
  const state = control.store.snapshot();
  if (state.overlay !== undefined) return;
  const layout = layOut(state);
  const rows = token.action === "wheel-up" ? -wheelRows : token.action === "wheel-down" ? wheelRows : 0;
  for (const [address, rect] of layout.panes) {
    if (!contains(rect, token)) continue;
    if (rows !== 0) control.panes.scroll(address, -rows);
    else if (token.action === "press") control.typeInto(address);
    return;
  }
  for (const [panel, rect] of layout.panels) {
    if (!contains(rect, token)) continue;
    if (rows !== 0) moveIn(control, panel, rows);
    else if (token.action === "press") click(control, panel, rect, { token, look });
    return;
  }
  for (const [panel, rect] of layout.summaries)
    if (contains(rect, token) && token.action === "press") control.store.set({ focus: { panel } });
}

/** A click selects and focuses; one on the selected row does what Enter does there. */
function click(
  control: Control,
  panel: PanelName,
  rect: Rect,
  { token, look }: { readonly token: MouseToken; readonly look: Look },
): void {
  const state = control.store.snapshot();
  control.store.set({ focus: { panel } });
  const row = rowAt(panel, rect, token.y - inside(rect).y, { state, look });
  if (row === undefined) return;
  const ids = rowIds(state, panel);
  const wasSelected = focusedPanel(state) === panel && selectedId(state, panel) === row;
  select(control, panel, ids, ids.indexOf(row));
  if (!wasSelected) return;
  const binding = bindingFor(control.store.snapshot(), "enter");
  if (binding !== undefined) actions[binding.action](control);
}

function contains(rect: Rect, { x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}
