import { problemRows, isLanded } from "../store/rows.ts";
import type { PanelName, TuiState } from "../store/state.ts";
import { feedLine } from "./feed-panel.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";

/** A panel as one line, where there is no room for it. */
export function summaryLine(name: PanelName, state: TuiState, look: Look): Line {
  const { theme } = look;
  const { town } = state;
  switch (name) {
    case "agents": {
      const problems = problemRows({ ...state, filters: {} }).length;
      const working = town.agents.filter((agent) => agent.health === "working").length;
      const words =
        problems === 0
          ? `${working} working`
          : `${working} working, ${problems} ${problems === 1 ? "needs" : "need"} attention`;
      return [
        bold(" 1 ", theme.accent),
        span("Agents  ", theme.muted),
        span(words, problems === 0 ? undefined : theme.bad),
      ];
    }
    case "convoys": {
      const open = town.convoys.filter((convoy) => !isLanded(convoy));
      const shown = open.slice(0, 2).map((convoy) => `${convoy.title} ${convoy.done}/${convoy.total}`);
      const more = open.length > shown.length ? `  +${open.length - shown.length}` : "";
      const words = open.length === 0 ? "none under way" : `${shown.join("  ")}${more}`;
      return [bold(" 2 ", theme.accent), span("Convoys ", theme.muted), span(words)];
    }
    case "feed": {
      const [newest] = town.feed;
      const line: Line = newest === undefined ? [span(" no events yet")] : feedLine(newest, look, 80);
      return [bold(" 3 ", theme.accent), span("Feed   ", theme.muted), ...line];
    }
    default:
      return [];
  }
}
