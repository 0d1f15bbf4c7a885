import { inside } from "../layout.ts";
import type { Rect } from "../screen/cell-grid.ts";
import type { PanelName, TuiState } from "../store/state.ts";
import { agentsLines } from "./agents-panel.ts";
import { beadsLines } from "./beads-view.ts";
import { convoyLines } from "./convoy-view.ts";
import { convoysLines } from "./convoys-panel.ts";
import { feedLines } from "./feed-panel.ts";
import { inboxLines } from "./inbox-view.ts";
import { logLines } from "./log-view.ts";
import type { Look } from "./panel.tsx";
import { problemsLines } from "./problems-view.ts";
import { queueLines } from "./queue-view.ts";
import type { Line } from "./spans.ts";

const drawn = {
  agents: agentsLines,
  convoys: convoysLines,
  feed: feedLines,
  problems: problemsLines,
  beads: beadsLines,
  convoy: convoyLines,
  queue: queueLines,
  inbox: inboxLines,
  log: logLines,
} as const;

/** What stands inside the frame of a panel that fills `rect`. */
export function panelLines(name: PanelName, rect: Rect, state: TuiState, look: Look): readonly Line[] {
  const { width, height } = inside(rect);
  return drawn[name](state, look, width, height);
}

/** The row drawn at a line of the panel, counted from the first inside the frame; undefined between rows. */
export function rowAt(
  name: PanelName,
  rect: Rect,
  line: number,
  { state, look }: { readonly state: TuiState; readonly look: Look },
): string | undefined {
  return panelLines(name, rect, state, look)[line]?.find((piece) => piece.row !== undefined)?.row;
}
