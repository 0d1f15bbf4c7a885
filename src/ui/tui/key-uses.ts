import { mountainLabel } from "../../core/convoys/convoy.ts";
import { rowIds, selectedAgent, shownConvoy } from "./store/rows.ts";
import { focusedPanel, type TuiState } from "./store/state.ts";

// When a key of the keymap has a use: the footer shows it only then.

// Asked for each key of the footer, and there are a thousand events.
const known = new WeakMap<TuiState, boolean>();

export const hasRow = (state: TuiState) => {
  const found = known.get(state);
  if (found !== undefined) return found;
  const panel = focusedPanel(state);
  const has = panel !== undefined && rowIds(state, panel).length > 0;
  known.set(state, has);
  return has;
};
export const hasAgent = (state: TuiState) => selectedAgent(state) !== undefined;
export const hasConvoy = (state: TuiState) => shownConvoy(state) !== undefined;
export const isStaged = (state: TuiState) => shownConvoy(state)?.state === "staged";
export const isMountain = (state: TuiState) => shownConvoy(state)?.labels.includes(mountainLabel) === true;
export const hasSearched = (state: TuiState) => state.search !== "";
export const hasPane = (state: TuiState) => {
  const agent = selectedAgent(state);
  return agent !== undefined && state.panes.has(agent.address);
};
