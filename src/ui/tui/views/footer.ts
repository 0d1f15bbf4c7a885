import { bindingsHere, showKey } from "../look-up-key.ts";
import type { Overlay, TuiState } from "../store/state.ts";
import type { Look } from "./panel.tsx";
import { bold, fitLine, forAction, type Line, lineWidth, span } from "./spans.ts";

/** The keys that work now, as many as there is room for; help and quit always. */
export function footerLine(state: TuiState, look: Look, width: number): Line {
  if (state.overlay !== undefined) return overlayFooter(state.overlay.kind, look, width);
  const { theme } = look;
  const place = "pane" in state.focus ? "session" : state.focus.panel;
  const isTyping = "pane" in state.focus && state.focus.mode === "type";
  const lead: Line = isTyping
    ? [span(" every key goes to the session ", theme.care)]
    : [span(` ${place} `, theme.muted)];
  const shown = bindingsHere(look.bindings, state).filter(
    ({ footer, isUseful }) => footer !== undefined && (isUseful === undefined || isUseful(state)),
  );
  const last = shown.filter(({ action }) => action === "help" || action === "quit");
  const rest = shown.filter((binding) => !last.includes(binding));
  const part = (binding: (typeof shown)[number]): Line => {
    const words: Line = [
      bold(` ${showKey(binding.keys[0] ?? "", symbolOptions(look))}`, theme.accent),
      span(` ${binding.footer} `),
    ];
    // A click that misses its row must not end everything.
    return binding.action === "quit" && state.view === "activity" ? words : forAction(binding.action, words);
  };
  const tail = last.flatMap(part);
  let line: Line = lead;
  for (const binding of rest) {
    const longer = [...line, ...part(binding)];
    if (lineWidth(longer) + lineWidth(tail) > width) break;
    line = longer;
  }
  return fitLine([...line, ...tail], width);
}

/** Keys of what lies above everything else, with a word each. */
export const overlayKeys: Readonly<Record<Overlay["kind"], readonly (readonly [string, string])[]>> = {
  help: [
    ["type", "to search"],
    ["down", "scroll"],
    ["escape", "close"],
  ],
  nudge: [
    ["enter", "send"],
    ["up", "history"],
    ["tab", "template"],
    ["escape", "cancel"],
  ],
  ask: [
    ["enter", "send"],
    ["escape", "cancel"],
  ],
  search: [
    ["enter", "keep"],
    ["escape", "cancel"],
  ],
  filter: [
    ["enter", "keep"],
    ["escape", "clear"],
  ],
  choose: [
    ["down", "go"],
    ["space", "on or off"],
    ["escape", "close"],
  ],
  palette: [
    ["enter", "run"],
    ["tab", "complete"],
    ["escape", "close"],
    ["down", "choose"],
    ["ctrl-p", "typed before"],
  ],
  confirm: [
    ["y", "yes"],
    ["n", "no"],
  ],
  text: [
    ["down", "scroll"],
    ["escape", "close"],
  ],
};

function overlayFooter(kind: Overlay["kind"], look: Look, width: number): Line {
  const keys = overlayKeys[kind];
  return fitLine(
    keys.flatMap(([key, word]) => [
      bold(` ${showKey(key, symbolOptions(look))}`, look.theme.accent),
      span(` ${word} `),
    ]),
    width,
  );
}

function symbolOptions(look: Look): { readonly isAscii: boolean } {
  return { isAscii: look.symbols.isAscii };
}
