import { formatIdle } from "./format.ts";
import { healthSymbols } from "../../../core/health/assess.ts";
import { roleIcons } from "../../../core/health/role-icon.ts";
import { inside, layOut } from "../layout.ts";
import { focusedPane, type PaneInfo, type TuiState } from "../store/state.ts";
import { healthColour } from "./agents-panel.ts";
import type { Look } from "./panel.tsx";
import { type Line, span } from "./spans.ts";

/** Title of a session pane: who, in which rig, with what, on which bead, and how they are. */
export function paneTitle(pane: PaneInfo, state: TuiState, look: Look): Line {
  const agent = state.town.agents.find((candidate) => candidate.address === pane.address);
  if (agent === undefined) return [span(pane.address)];
  const dot = ` ${look.symbols.dot} `;
  const icon = look.symbols.isAscii ? roleIcons[agent.role].ascii : roleIcons[agent.role].icon;
  const facts = [agent.rig, agent.runtime].filter((fact) => fact !== "").map((fact) => dot + fact);
  const work = agent.bead === "" ? "" : `${dot}${agent.bead}${agent.title === "" ? "" : ` "${agent.title}"`}`;
  const sign = look.symbols.isAscii ? healthSymbols[agent.health].ascii : healthSymbols[agent.health].symbol;
  const idle = agent.health === "idle" ? "" : ` ${formatIdle(agent.idleMs)}`;
  return [
    span(`${icon} ${agent.name}${facts.join("")}${work} `),
    span(`${sign}${idle}`, healthColour(agent.health, look.theme)),
  ];
}

/** Somebody looks at the session in a larger view, whose size it has. */
function isClipped(pane: PaneInfo, state: TuiState): boolean {
  const rect = layOut(state).panes.get(pane.address);
  if (rect === undefined || pane.status !== "live") return false;
  const { width, height } = inside(rect);
  return pane.columns > width || pane.rows > height;
}

/** Which mode the pane is in, so that nobody types into an agent unknowingly. */
export function paneNote(pane: PaneInfo, state: TuiState, look: Look): Line {
  const { theme, symbols } = look;
  const notes: Line[] = [];
  if (pane.status === "ended") notes.push([span(pane.note === "" ? "ended" : pane.note, theme.bad)]);
  if (pane.status === "connecting") notes.push([span("connecting", theme.muted)]);
  if (isClipped(pane, state)) notes.push([span(`part of ${pane.columns}x${pane.rows}`, theme.muted)]);
  if (pane.scroll > 0) notes.push([span(`${symbols.up} ${pane.scroll} lines back`, theme.care)]);
  if (focusedPane(state) === pane.address && "mode" in state.focus)
    notes.push([
      span(state.focus.mode === "type" ? "TYPING  Ctrl-] leaves" : "LOOKING  Enter types", theme.care),
    ]);
  return notes.flatMap((note, index) => (index === 0 ? note : [span("  "), ...note]));
}
