import {
  beadRows,
  convoyRows,
  inboxRows,
  queueRows,
  selectedAgent,
  selectedId,
  shownConvoy,
} from "../store/rows.ts";
import { focusedPanel, type TuiState } from "../store/state.ts";
import type { Detail } from "./detail.ts";
import { explainAgent } from "./explain.ts";
import {
  describeInboxRow,
  explainBead,
  explainConvoy,
  explainRequest,
  explainTracked,
} from "./explain-work.ts";

/** What the selected thing's state means; nothing when nothing is selected that has one. */
export function explainSelection(state: TuiState): Detail | undefined {
  const panel = focusedPanel(state);
  const id = panel === undefined ? undefined : selectedId(state, panel);
  const { now } = state;
  const found = <Row extends { readonly id: string }>(
    rows: readonly Row[] | undefined,
    explain: (row: Row, at: number) => Detail,
  ): Detail | undefined => {
    const row = rows?.find((candidate) => candidate.id === id);
    return row && explain(row, now);
  };
  switch (panel) {
    case "beads":
      return found(beadRows(state), explainBead);
    case "queue":
      return found(queueRows(state), explainRequest);
    case "convoys":
      return found(convoyRows(state), explainConvoy);
    case "convoy":
      return found(shownConvoy(state)?.tracked, explainTracked);
    case "inbox":
      return found(inboxRows(state), describeInboxRow);
    default: {
      const agent = selectedAgent(state);
      return agent && explainAgent(agent, state.town, now);
    }
  }
}
