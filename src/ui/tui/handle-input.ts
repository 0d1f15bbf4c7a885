import { actions } from "./actions.ts";
import type { Control } from "./control.ts";
import { bindingFor } from "./look-up-key.ts";
import { inside, layOut } from "./layout.ts";
import { Mouse } from "./mouse.ts";
import { handleOverlayKey, pasteIntoOverlay } from "./overlay-keys.ts";
import { encodeForPane } from "./panes/pane-input.ts";
import { InputParser, type InputToken } from "./terminal/parse-input.ts";
import type { Look } from "./views/panel.tsx";

/** A lone Esc is the Esc key when nothing follows for this long. */
const escapeMs = 25;

/** Turns the terminal's bytes into actions; those for a session go there unchanged. */
export class InputHandler {
  private readonly parser = new InputParser();
  private readonly control: Control;
  private readonly look: Look;
  private readonly mouse: Mouse;
  private timer: NodeJS.Timeout | undefined;

  constructor(control: Control, look: Look) {
    this.control = control;
    this.look = look;
    this.mouse = new Mouse(control, look);
  }

  receive(bytes: Uint8Array): void {
    clearTimeout(this.timer);
    this.handle(this.parser.parse(bytes));
    if (this.parser.isWaiting) this.timer = setTimeout(() => this.flush(), escapeMs);
  }

  /** Nothing more follows what was held back. */
  flush(): void {
    clearTimeout(this.timer);
    this.handle(this.parser.flush());
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
        this.handleToken(token);
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
    if (
      token.kind === "key" &&
      bindingFor(this.look.bindings, this.control.store.snapshot(), token.key) !== undefined
    )
      return undefined;
    const screen = this.control.panes.get(address);
    const rect = layOut(this.control.store.snapshot()).panes.get(address);
    if (screen === undefined || rect === undefined) return "";
    return encodeForPane(token, screen, inside(rect));
  }

  private handleToken(token: InputToken): void {
    const { control } = this;
    const state = control.store.snapshot();
    if (token.kind === "mouse") {
      this.mouse.handle(token);
      return;
    }
    if (token.kind === "paste") {
      if (state.overlay !== undefined) pasteIntoOverlay(control, token.text);
      return;
    }
    if (token.kind !== "key") return;
    const binding =
      state.overlay === undefined ? bindingFor(this.look.bindings, state, token.key) : undefined;
    // Only a Ctrl-] right behind the one that left the session is meant for it.
    if (state.leftPane !== undefined && binding?.action !== "sendEscapeKey")
      control.store.set({ leftPane: undefined });
    if (state.overlay !== undefined) {
      handleOverlayKey(control, state.overlay, token);
      return;
    }
    if (binding !== undefined) actions[binding.action](control);
  }
}
