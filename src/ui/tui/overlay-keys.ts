import type { Control } from "./control.ts";
import { editLine, insertText, type LineEditor, lineOf, lineText } from "./store/line-editor.ts";
import { nudgeTemplates } from "./store/nudge-templates.ts";
import type { Overlay, TuiState } from "./store/state.ts";
import { filterChoices, toggleToken } from "./store/filter.ts";
import { commandOf, type PaletteEntry, paletteEntries } from "./palette.ts";
import { splitWords } from "./split-words.ts";

interface Key {
  readonly key: string;
  readonly text: string;
}

type PaletteOverlay = Extract<Overlay, { kind: "palette" }>;

const pageRows = 10;

/** Keys while something lies above the screen: typing edits its line, Esc closes it. */
export function handleOverlayKey(control: Control, overlay: Overlay, key: Key): void {
  if (key.key === "ctrl-c") {
    close(control);
    return;
  }
  switch (overlay.kind) {
    case "confirm":
      confirmKey(control, overlay, key);
      return;
    case "text":
      textKey(control, overlay, key);
      return;
    case "help":
      helpKey(control, overlay, key);
      return;
    case "nudge":
      nudgeKey(control, overlay, key);
      return;
    case "ask":
      askKey(control, overlay, key);
      return;
    case "search":
      searchKey(control, overlay, key);
      return;
    case "filter":
      filterKey(control, overlay, key);
      return;
    case "choose":
      chooseKey(control, overlay, key);
      return;
    case "palette":
      paletteKey(control, overlay, key);
      return;
  }
}

/** Pasted text goes into the line; its newlines become blanks. */
export function pasteIntoOverlay(control: Control, text: string): void {
  const { overlay } = control.store.snapshot();
  if (overlay === undefined || !("editor" in overlay)) return;
  edited(control, overlay, insertText(overlay.editor, text));
}

function close(control: Control): void {
  control.store.set({ overlay: undefined });
}

function confirmKey(control: Control, overlay: Extract<Overlay, { kind: "confirm" }>, { key }: Key): void {
  if (key === "y" || key === "Y") {
    close(control);
    void control.execute({ program: overlay.program ?? "gt", args: overlay.command });
  } else if (["n", "N", "escape", "enter", "q"].includes(key)) close(control);
}

function textKey(control: Control, overlay: Extract<Overlay, { kind: "text" }>, { key }: Key): void {
  const step = scrollStep(key);
  if (step !== 0) {
    const scroll = Math.max(0, Math.min(overlay.lines.length - 1, overlay.scroll + step));
    control.store.set({ overlay: { ...overlay, scroll } });
  } else if (["escape", "q", "enter"].includes(key)) close(control);
}

function scrollStep(key: string): number {
  const steps: Readonly<Record<string, number>> = {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    pagedown: pageRows,
    space: pageRows,
    "ctrl-d": pageRows,
    pageup: -pageRows,
    "ctrl-u": -pageRows,
    g: -1e6,
    home: -1e6,
    G: 1e6,
    end: 1e6,
  };
  return steps[key] ?? 0;
}

function helpKey(control: Control, overlay: Extract<Overlay, { kind: "help" }>, key: Key): void {
  if (key.key === "escape" || key.key === "?") {
    close(control);
    return;
  }
  if (["up", "down", "pageup", "pagedown"].includes(key.key)) {
    const scroll = Math.max(0, overlay.scroll + scrollStep(key.key));
    control.store.set({ overlay: { ...overlay, scroll } });
    return;
  }
  typeKey(control, overlay, key);
}

function nudgeKey(control: Control, overlay: Extract<Overlay, { kind: "nudge" }>, key: Key): void {
  if (key.key === "tab") {
    const index = nudgeTemplates.indexOf(lineText(overlay.editor));
    edited(control, overlay, lineOf(nudgeTemplates[(index + 1) % nudgeTemplates.length] ?? ""));
  } else if (key.key === "up" || key.key === "down") {
    const recalled = control.history("nudge").recall(key.key, lineText(overlay.editor));
    edited(control, overlay, lineOf(recalled));
  } else
    lineKey(control, overlay, key, (text) => {
      control.history("nudge").add(text);
      control.store.set({ marked: new Set() });
      for (const target of overlay.targets) void control.gt(["nudge", target, "-m", text]);
    });
}

function askKey(control: Control, overlay: Extract<Overlay, { kind: "ask" }>, key: Key): void {
  lineKey(control, overlay, key, (text) => void control.gt([...overlay.command, text]));
}

/** The nearest place is shown while the text is typed. */
function searchKey(control: Control, overlay: Extract<Overlay, { kind: "search" }>, key: Key): void {
  const { panes, store } = control;
  if (key.key === "enter") {
    lineKey(control, overlay, key, (text) => {
      store.set({ search: text });
      if (panes.get(overlay.pane)?.selection === undefined) control.toast("news", `${text} is not there`);
    });
    return;
  }
  lineKey(control, overlay, key, () => undefined);
  panes.deselect(overlay.pane);
  const { overlay: now } = store.snapshot();
  if (now?.kind === "search") panes.search(overlay.pane, lineText(now.editor), -1);
}

function filterKey(control: Control, overlay: Extract<Overlay, { kind: "filter" }>, key: Key): void {
  if (key.key === "escape") edited(control, overlay, lineOf(""));
  lineKey(control, overlay, key, () => undefined);
}

/** Typing edits the line, Enter hands it over if there is anything in it, and Enter and Esc close it. */
function lineKey(
  control: Control,
  overlay: Extract<Overlay, { editor: LineEditor }>,
  key: Key,
  submit: (text: string) => void,
): void {
  if (key.key !== "enter" && key.key !== "escape") {
    typeKey(control, overlay, key);
    return;
  }
  const text = lineText(overlay.editor).trim();
  close(control);
  if (key.key === "enter" && text !== "") submit(text);
}

/** Each choice applies at once, so that the list behind shows what it does. */
function chooseKey(control: Control, overlay: Extract<Overlay, { kind: "choose" }>, { key }: Key): void {
  const { town, filters } = control.store.snapshot();
  const wanted = filters[overlay.panel] ?? "";
  const choices = filterChoices(town, wanted);
  const token = choices[overlay.selected]?.token;
  const step = scrollStep(key === "space" ? "" : key);
  if (["escape", "q", "f"].includes(key)) close(control);
  else if ((key === "space" || key === "enter") && token !== undefined)
    control.store.set({ filters: { ...filters, [overlay.panel]: toggleToken(wanted, token) } });
  else if (step !== 0) {
    const selected = Math.max(0, Math.min(choices.length - 1, overlay.selected + step));
    control.store.set({ overlay: { ...overlay, selected } });
  }
}

function paletteKey(control: Control, overlay: PaletteOverlay, key: Key): void {
  const typed = lineText(overlay.editor);
  const entries = paletteEntries(control.store.snapshot(), typed);
  if (key.key === "escape") close(control);
  else if (key.key === "ctrl-p" || (key.key === "up" && overlay.selected === 0))
    edited(control, overlay, lineOf(control.history("palette").recall("up", typed)));
  else if (key.key === "up" || key.key === "down") {
    const step = key.key === "down" ? 1 : -1;
    const selected = Math.max(0, Math.min(entries.length - 1, overlay.selected + step));
    control.store.set({ overlay: { ...overlay, selected } });
  } else if (key.key === "tab") complete(control, overlay, entries);
  else if (key.key !== "enter") typeKey(control, { ...overlay, selected: 0 }, key);
  // Enter on what is no command yet completes it: nothing runs that was not read.
  else if (
    entries.length > 0 &&
    (overlay.selected > 0 || commandOf(`${typed} `, control.store.snapshot().commands) === undefined)
  )
    complete(control, overlay, entries);
  else runLine(control, typed.trim());
}

function complete(control: Control, overlay: PaletteOverlay, entries: readonly PaletteEntry[]): void {
  const chosen = entries[overlay.selected];
  if (chosen !== undefined) edited(control, { ...overlay, selected: 0 }, lineOf(chosen.insert));
}

function runLine(control: Control, line: string): void {
  close(control);
  if (line === "") return;
  control.history("palette").add(line);
  const words = splitWords(line);
  const [first = ""] = words;
  if (first === "gt" || first === "bd") void control.showOutput(first, words.slice(1));
  else void control.showOutput("gt", words);
}

function typeKey(control: Control, overlay: Extract<Overlay, { editor: LineEditor }>, key: Key): void {
  const editor =
    editLine(overlay.editor, key.key) ?? (key.text === "" ? undefined : insertText(overlay.editor, key.text));
  if (editor !== undefined) edited(control, overlay, editor);
}

function edited(
  control: Control,
  overlay: Extract<Overlay, { editor: LineEditor }>,
  editor: LineEditor,
): void {
  const change: Partial<TuiState> = { overlay: { ...overlay, editor } };
  if (overlay.kind !== "filter") {
    control.store.set(change);
    return;
  }
  control.store.set((state) => ({
    ...change,
    filters: { ...state.filters, [overlay.panel]: lineText(editor) },
  }));
}
