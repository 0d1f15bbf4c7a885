import { bindingsHere, showKey } from "../look-up-key.ts";
import type { Rect } from "../screen/cell-grid.ts";
import { padded, textWidth, wrapText } from "../screen/text-width.ts";
import { type LineEditor, lineText } from "../store/line-editor.ts";
import type { Overlay, TuiState } from "../store/state.ts";
import { paletteEntries, usageOf } from "../palette.ts";
import { filterChoices } from "../store/filter.ts";
import { firstVisible } from "../store/rows.ts";
import { explainSelection } from "./explain-selection.ts";
import type { Look } from "./panel.tsx";
import { bar } from "./highlight.ts";
import { bold, fitLine, type Line, span } from "./spans.ts";
import { nudgeTemplates } from "../store/nudge-templates.ts";
import { shownCommand } from "../undo.ts";
import { shortAddress } from "../../../core/events/describe-event.ts";

/** What lies above everything else, and where. */
export interface OverlayView {
  readonly rect: Rect;
  readonly title: Line;
  readonly note: Line;
  readonly lines: readonly Line[];
  /** Where the text cursor is, on the screen. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

export function overlayView(state: TuiState, look: Look): OverlayView | undefined {
  const { overlay } = state;
  if (overlay === undefined) return undefined;
  switch (overlay.kind) {
    case "help":
      return helpView(overlay, state, look);
    case "text":
      return textView(overlay, state, look);
    case "confirm":
      return confirmView(overlay, state, look);
    case "nudge":
      return nudgeView(overlay, state, look);
    case "ask":
      return lineView(state, look, overlay.editor, overlay.title, []);
    case "search":
      return lineView(state, look, overlay.editor, "Search", []);
    case "filter":
      return lineView(state, look, overlay.editor, `Filter ${overlay.panel}`, []);
    case "choose":
      return chooseView(overlay, state, look);
    case "palette":
      return paletteView(overlay, state, look);
  }
}

/** A frame closer to the edge than this would stand beside the frames below it: then the box takes the whole width. */
const sideMargin = 4;

/** A box in the middle of the screen that is never larger than it. */
function centred(state: TuiState, width: number, height: number): Rect {
  const shown = {
    width: boxWidth(state, width),
    height: Math.min(height, Math.max(3, state.rows - 2)),
  };
  return {
    ...shown,
    x: Math.floor((state.columns - shown.width) / 2),
    y: Math.max(0, Math.floor((state.rows - shown.height) / 2)),
  };
}

function boxWidth({ columns }: TuiState, wanted: number): number {
  return wanted > columns - 2 * sideMargin ? columns : wanted;
}

/** What the selected thing's state means, then the keys that work here. */
function helpView(overlay: Extract<Overlay, { kind: "help" }>, state: TuiState, look: Look): OverlayView {
  const search = lineText(overlay.editor);
  const width = boxWidth(state, 90);
  const lines = [
    ...(search === "" ? explanation(state, look, width - 4) : []),
    ...helpLines(state, look, search, width - 3),
  ];
  const rect = centred(state, width, Math.min(lines.length + 4, state.rows - 2));
  const room = Math.max(1, rect.height - 4);
  const scroll = Math.max(0, Math.min(overlay.scroll, lines.length - room));
  return {
    rect,
    title: [span("Help")],
    note: moreNote(scroll, room, lines.length, look),
    lines: [searchLine(overlay.editor, look), [], ...lines.slice(scroll, scroll + room)],
    cursor: { x: rect.x + 1 + textWidth(` search: ${overlay.editor.before}`), y: rect.y + 1 },
  };
}

function explanation(state: TuiState, { theme }: Look, width: number): readonly Line[] {
  const found = explainSelection(state);
  if (found === undefined) return [];
  const { title, lines } = found;
  return [
    [bold(` ${title}`, theme.care)],
    ...lines.flatMap((line) => wrapText(line, width)).map((line): Line => [span(` ${line}`)]),
    [],
  ];
}

function searchLine(editor: LineEditor, { theme }: Look): Line {
  return [span(" search: ", theme.muted), span(lineText(editor))];
}

const keyColumns = 14;

/** The keys that work here, those of this place first. */
function helpLines(state: TuiState, look: Look, search: string, width: number): readonly Line[] {
  const wanted = search.toLowerCase();
  const options = { isAscii: look.symbols.isAscii };
  const found = bindingsHere(look.bindings, state)
    .filter((binding) => binding.help !== "")
    .map(({ keys, place, help }) => ({
      place,
      help,
      keys: keys.map((key) => showKey(key, options)).join(" "),
    }))
    .filter(({ keys, help }) => `${keys} ${help}`.toLowerCase().includes(wanted));
  const section = (title: string, isHere: boolean): readonly Line[] => {
    const rows = found.filter(({ place }) => (place !== "anywhere" && place !== "list") === isHere);
    return rows.length === 0
      ? []
      : [
          [bold(` ${title}`, look.theme.muted)],
          ...rows.flatMap(({ keys, help }) => keyLines(keys, help, look, width)),
          [],
        ];
  };
  const lines = [...section("KEYS HERE", true), ...section("EVERYWHERE", false)].slice(0, -1);
  return lines.length > 0 ? lines : [[span(" no key does that here; : finds commands", look.theme.muted)]];
}

function keyLines(keys: string, help: string, { theme }: Look, width: number): readonly Line[] {
  return wrapText(help, width - keyColumns).map(
    (part, index): Line =>
      index === 0
        ? [bold(` ${padded(keys, keyColumns - 1)} `, theme.accent), span(part)]
        : [span(" ".repeat(keyColumns + 1)), span(part.trimStart())],
  );
}

function textView(overlay: Extract<Overlay, { kind: "text" }>, state: TuiState, look: Look): OverlayView {
  const widest = Math.max(40, ...overlay.lines.map((line) => textWidth(line)));
  const width = boxWidth(state, widest + 4);
  const lines = overlay.lines.flatMap((line) => wrapText(line, width - 4));
  const rect = centred(state, width, lines.length + 2);
  const room = Math.max(1, rect.height - 2);
  const scroll = Math.max(0, Math.min(overlay.scroll, lines.length - room));
  return {
    rect,
    title: [span(overlay.title)],
    note: moreNote(scroll, room, lines.length, look),
    lines: lines.slice(scroll, scroll + room).map((line) => [span(` ${line}`)]),
    cursor: undefined,
  };
}

/** What a list of events may be narrowed to. */
function chooseView(overlay: Extract<Overlay, { kind: "choose" }>, state: TuiState, look: Look): OverlayView {
  const wanted = state.filters[overlay.panel] ?? "";
  const choices = filterChoices(state.town, wanted);
  const rect = centred(state, 70, choices.length + 2);
  const room = Math.max(1, rect.height - 2);
  const first = firstVisible(choices.length, overlay.selected, room);
  const widest = Math.min(40, Math.max(...choices.map(({ token }) => textWidth(token))) + 2);
  return {
    rect,
    title: [span(wanted === "" ? "Show only" : `Show only ${wanted}`)],
    note: moreNote(first, room, choices.length, look),
    lines: choices.slice(first, first + room).map(({ token, label, isOn }, index): Line => {
      const mark = isOn ? look.symbols.done : " ";
      const line: Line = [
        bold(` ${mark} `, look.theme.good),
        span(padded(token, widest)),
        span(label, look.theme.muted),
      ];
      const isSelected = first + index === overlay.selected;
      return isSelected ? bar(fitLine(line, rect.width - 2), look.theme) : line;
    }),
    cursor: undefined,
  };
}

/** Any command: what is typed, and what it may become. */
function paletteView(
  overlay: Extract<Overlay, { kind: "palette" }>,
  state: TuiState,
  look: Look,
): OverlayView {
  const entries = paletteEntries(state, lineText(overlay.editor));
  const rect = centred(state, 100, Math.min(22, state.rows - 2));
  const room = Math.max(1, rect.height - 4);
  const first = firstVisible(entries.length, overlay.selected, room);
  const widest = Math.min(44, Math.max(10, ...entries.map(({ shown }) => textWidth(shown))) + 2);
  const list = entries.slice(first, first + room).map((entry, index): Line => {
    const line = fitLine(
      [span(` ${padded(entry.shown, widest)}`), span(entry.note, look.theme.muted)],
      rect.width - 2,
    );
    return first + index === overlay.selected ? bar(line, look.theme) : line;
  });
  const none: Line = [span(" Enter runs the line as it is", look.theme.muted)];
  const usage = usageOf(state, lineText(overlay.editor));
  return {
    rect,
    title: [span("Command")],
    note: moreNote(first, room, entries.length, look),
    lines: [
      [bold(" : ", look.theme.accent), span(lineText(overlay.editor))],
      usage === "" ? [] : [span(`   ${usage}`, look.theme.care)],
      ...(entries.length === 0 ? [none] : list),
    ],
    cursor: { x: rect.x + 4 + textWidth(overlay.editor.before), y: rect.y + 1 },
  };
}

function moreNote(scroll: number, room: number, count: number, { theme }: Look): Line {
  if (count <= room) return [];
  return [span(`${scroll + 1}-${Math.min(count, scroll + room)} of ${count}`, theme.muted)];
}

function confirmView(
  overlay: Extract<Overlay, { kind: "confirm" }>,
  state: TuiState,
  look: Look,
): OverlayView {
  const command = `runs: ${shownCommand({ program: overlay.program ?? "gt", args: overlay.command })}`;
  const widest = Math.max(...overlay.lines.map((line) => textWidth(line)), textWidth(command), 40);
  const width = boxWidth(state, widest + 6);
  const lines: Line[] = [
    ...overlay.lines.flatMap((line) => wrapText(line, width - 4)).map((line): Line => [span(` ${line}`)]),
    [],
    ...wrapText(command, width - 4).map((line): Line => [span(` ${line}`, look.theme.muted)]),
    [],
    [bold(" y", look.theme.accent), span(" yes   "), bold("n", look.theme.accent), span(" no (default)")],
  ];
  return {
    rect: centred(state, width, lines.length + 2),
    title: [span(overlay.title)],
    note: [],
    lines,
    cursor: undefined,
  };
}

function nudgeView(overlay: Extract<Overlay, { kind: "nudge" }>, state: TuiState, look: Look): OverlayView {
  const names = overlay.targets.map(shortAddress).join(", ");
  const dot = ` ${look.symbols.dot} `;
  return lineView(state, look, overlay.editor, `Nudge ${names}`, [
    [span(` Tab: ${nudgeTemplates.join(dot)}`, look.theme.muted)],
  ]);
}

/** A line to type into, at the bottom of the screen, near the footer that explains it. */
function lineView(
  state: TuiState,
  look: Look,
  editor: LineEditor,
  title: string,
  below: readonly Line[],
): OverlayView {
  const width = boxWidth(state, 80);
  const height = Math.min(3 + below.length, Math.max(3, state.rows - 2));
  const rect = {
    x: Math.floor((state.columns - width) / 2),
    y: Math.max(0, state.rows - 1 - height),
    width,
    height,
  };
  const room = width - 6;
  // A line longer than the box shows its part around the cursor.
  const hidden = Math.max(0, textWidth(editor.before) - room);
  const before = dropColumns(editor.before, hidden);
  return {
    rect,
    title: [span(title)],
    note: [],
    lines: [
      [
        bold(" › ".replace("›", look.symbols.isAscii ? ">" : "›"), look.theme.accent),
        span(before + editor.after),
      ],
      ...below,
    ],
    cursor: { x: rect.x + 4 + textWidth(before), y: rect.y + 1 },
  };
}

function dropColumns(text: string, columns: number): string {
  let rest = text;
  while (columns > 0 && textWidth(text) - textWidth(rest) < columns && rest !== "") rest = rest.slice(1);
  return rest;
}
