import type { Rect } from "../screen/cell-grid.ts";
import type { InputToken, MouseToken } from "../terminal/parse-input.ts";
import type { PaneScreen } from "./pane-screen.ts";

/**
 * The bytes of a token as the program in the pane expects them, or undefined when the token is not for it. Keys and
 * pastes go through unchanged except for what depends on modes that the program set in its own terminal.
 */
export function encodeForPane(token: InputToken, screen: PaneScreen, area: Rect): string | undefined {
  const { modes } = screen.terminal;
  switch (token.kind) {
    case "key":
      return modes.applicationCursorKeysMode ? applicationKey(token.raw) : token.raw;
    case "paste":
      return modes.bracketedPasteMode ? token.raw : token.raw.slice(pasteMark, -pasteMark);
    case "focus":
      return modes.sendFocusMode ? token.raw : "";
    case "mouse":
      return encodeMouse(token, screen, area);
  }
}

const pasteMark = "\u001b[200~".length;

/** Unmodified cursor keys have another form while DECCKM is set, which the person's terminal does not know of. */
function applicationKey(raw: string): string {
  return raw.replace(/^\u001b\[([ABCDHF])$/, "\u001bO$1");
}

/** Only what the program asked for, and only within its pane; the rest is the TUI's. */
function encodeMouse(token: MouseToken, screen: PaneScreen, area: Rect): string | undefined {
  const { mouseTrackingMode } = screen.terminal.modes;
  const x = token.x - area.x;
  const y = token.y - area.y;
  const row = y + screen.rowsAbove;
  if (mouseTrackingMode === "none" || x < 0 || y < 0 || x >= area.width || y >= area.height) return undefined;
  if (token.action === "drag" && mouseTrackingMode !== "drag" && mouseTrackingMode !== "any") return "";
  if (token.action === "release" && mouseTrackingMode === "x10") return "";
  if (screen.usesSgrMouse)
    return `\u001b[<${token.code};${x + 1};${row + 1}${token.action === "release" ? "m" : "M"}`;
  // The old encoding cannot say more than column 223.
  if (x > 222 || row > 222) return "";
  const code = token.action === "release" ? 3 : token.code;
  return `\u001b[M${String.fromCharCode(32 + code, 33 + x, 33 + row)}`;
}
