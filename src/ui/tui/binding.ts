import type { PanelName, TuiState } from "./store/state.ts";

/** Where a key works: a panel, every list, a session pane that is looked at or typed into, or everywhere but in a typed-in pane. */
export type Place = PanelName | "list" | "look" | "type" | "anywhere";

export type ActionName =
  | "open"
  | "detail"
  | "nudge"
  | "handoff"
  | "splitRight"
  | "splitDown"
  | "zoom"
  | "closePane"
  | "look"
  | "typeHere"
  | "copy"
  | "search"
  | "searchOlder"
  | "searchNewer"
  | "leavePane"
  | "sendEscapeKey"
  | "problems"
  | "beads"
  | "convoy"
  | "queue"
  | "inbox"
  | "log"
  | "showBead"
  | "createBead"
  | "editBead"
  | "slingBead"
  | "bundleBead"
  | "launchConvoy"
  | "pauseConvoy"
  | "addToConvoy"
  | "rankMerge"
  | "showGates"
  | "exportLog"
  | "closeBead"
  | "retryMerge"
  | "rejectMerge"
  | "readMail"
  | "replyMail"
  | "acknowledgeMail"
  | "closeMail"
  | "restart"
  | "stop"
  | "acknowledge"
  | "mark"
  | "filter"
  | "chooseFilter"
  | "clear"
  | "palette"
  | "help"
  | "refresh"
  | "undo"
  | "nextPart"
  | "previousPart"
  | "panel1"
  | "panel2"
  | "panel3"
  | "pane1"
  | "pane2"
  | "pane3"
  | "pane4"
  | "pane5"
  | "pane6"
  | "down"
  | "up"
  | "pageDown"
  | "pageUp"
  | "top"
  | "bottom"
  | "expand"
  | "collapse"
  | "quit"
  | "quitNow"
  | "suspend";

/** One row of the table that feeds the key handler, the footer, the help view and docs/keys.md. */
export interface Binding {
  readonly action: ActionName;
  readonly keys: readonly string[];
  readonly place: Place;
  /** One sentence for the help. */
  readonly help: string;
  /** Word in the footer; without it the key is shown in the help only. */
  readonly footer?: string;
  /** Where the key means this only at times, whether it does now. */
  readonly when?: (state: TuiState) => boolean;
  /** Whether the footer has a use for it now. */
  readonly isUseful?: (state: TuiState) => boolean;
}
