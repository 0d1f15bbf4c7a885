import type { CommandSpec } from "../../cli/command.ts";
import type { Command } from "../undo.ts";
import type { PaneTree } from "../panes/pane-tree.ts";
import type { LineEditor } from "./line-editor.ts";
import { emptyTown, type TownData } from "./town-data.ts";

/** `activity` shows panels and panes; every other view is one list over the whole screen, named like the view. */
export type View = "activity" | ListView;
export type ListView = "problems" | "beads" | "convoy" | "queue" | "inbox" | "log";
export type PanelName = "agents" | "convoys" | "feed" | ListView;
/** A panel, or the pane of a session. */
export type Focus = { readonly panel: PanelName } | { readonly pane: string; readonly mode: PaneMode };
/** Typing: every byte goes to the session. Looking: keys scroll, search and copy. */
export type PaneMode = "type" | "look";

export interface PaneInfo {
  /** Address of the agent; also the id of the pane. */
  readonly address: string;
  readonly session: string;
  readonly status: "connecting" | "live" | "ended" | "absent";
  /** Why it ended or cannot be shown. */
  readonly note: string;
  /** Lines scrolled back. */
  readonly scroll: number;
  /** Size of the session's terminal; the largest view of it decides. */
  readonly columns: number;
  readonly rows: number;
}

export interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad" | "news";
  readonly text: string;
  /** What to do about it; may be empty. */
  readonly hint: string;
  /** The command that did it, so that the TUI teaches the CLI; may be empty. */
  readonly command: string;
}

export type Overlay =
  | { readonly kind: "help"; readonly editor: LineEditor; readonly scroll: number }
  | { readonly kind: "nudge"; readonly targets: readonly string[]; readonly editor: LineEditor }
  | {
      readonly kind: "ask";
      readonly title: string;
      readonly editor: LineEditor;
      /** Arguments of `gt`; what is typed becomes the last one. */
      readonly command: readonly string[];
    }
  | { readonly kind: "search"; readonly pane: string; readonly editor: LineEditor }
  | { readonly kind: "filter"; readonly panel: PanelName; readonly editor: LineEditor }
  | { readonly kind: "choose"; readonly panel: "feed" | "log"; readonly selected: number }
  | { readonly kind: "palette"; readonly editor: LineEditor; readonly selected: number }
  | {
      readonly kind: "confirm";
      readonly title: string;
      readonly lines: readonly string[];
      /** What `y` does, as arguments of `gt`, or of the program named. */
      readonly command: readonly string[];
      readonly program?: "gt" | "bd";
    }
  | {
      readonly kind: "text";
      readonly title: string;
      readonly lines: readonly string[];
      readonly scroll: number;
    };

/** Everything that the screen is a function of. Immutable: every change makes a new object. */
export interface TuiState {
  readonly town: TownData;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
  readonly view: View;
  readonly focus: Focus;
  /** Selected row of each panel, by its id: it survives every refresh. Absent: the first row. */
  readonly selection: Readonly<Partial<Record<PanelName, string>>>;
  readonly filters: Readonly<Partial<Record<PanelName, string>>>;
  readonly collapsed: ReadonlySet<string>;
  readonly marked: ReadonlySet<string>;
  /** The convoy that the convoy view shows. */
  readonly convoy: string | undefined;
  /** Problems seen by the person: until when, and in which state they were. */
  readonly seen: ReadonlyMap<string, { readonly until: number; readonly health: string }>;
  /** What was last searched for in a pane; empty when nothing was. */
  readonly search: string;
  /** The last command that can be taken back. */
  readonly done: Command | undefined;
  /** The pane that Ctrl-] just left: a second Ctrl-] is meant for the session. */
  readonly leftPane: string | undefined;
  /** Newest feed row when the person scrolled away from the top. */
  readonly feedTop: string | undefined;
  readonly panes: ReadonlyMap<string, PaneInfo>;
  readonly paneTree: PaneTree | undefined;
  readonly isZoomed: boolean;
  readonly overlay: Overlay | undefined;
  /** The tree of \`gt\` commands, for the palette. */
  readonly commands: readonly CommandSpec[];
  readonly toasts: readonly Toast[];
}

export function initialState(
  size: { readonly columns: number; readonly rows: number },
  now: number,
): TuiState {
  return {
    town: emptyTown,
    columns: size.columns,
    rows: size.rows,
    now,
    view: "activity",
    focus: { panel: "agents" },
    selection: {},
    filters: {},
    collapsed: new Set(),
    marked: new Set(),
    convoy: undefined,
    seen: new Map(),
    search: "",
    done: undefined,
    leftPane: undefined,
    feedTop: undefined,
    panes: new Map(),
    paneTree: undefined,
    isZoomed: false,
    overlay: undefined,
    commands: [],
    toasts: [],
  };
}

export function focusedPane(state: TuiState): string | undefined {
  return "pane" in state.focus ? state.focus.pane : undefined;
}

export function focusedPanel(state: TuiState): PanelName | undefined {
  return "panel" in state.focus ? state.focus.panel : undefined;
}
