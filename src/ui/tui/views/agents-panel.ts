import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { type HealthState, healthSymbols } from "../../../core/health/assess.ts";
import { roleIcons } from "../../../core/health/role-icon.ts";
import { firstVisible, selectedIndex, type TreeRow, treeRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { formatIdle } from "./format.ts";
import { highlight } from "./highlight.ts";
import type { Look } from "./panel.tsx";
import { bold, fitLine, type Line, lineWidth, ofRow, type Span, span, spread } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** A title that is cut to less than this says nothing. */
const minTitle = 16;

/** Panel 1 (spec/06 §11.1): who is there, on what, and how they are. */
export function agentsLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = treeRows(state);
  if (state.town.agents.length === 0 && state.town.rigs.length === 0)
    return [[span(state.town.isLoaded ? " No agents yet. gt rig add <name> <url>" : " …", look.theme.muted)]];
  if (rows.length === 0) return [[span(" no agent matches the filter", look.theme.muted)]];
  const selected = selectedIndex(
    state,
    "agents",
    rows.map((row) => row.id),
  );
  const first = firstVisible(rows.length, selected, height);
  return rows.slice(first, first + height).map((row, index) => {
    const line = ofRow(row.id, fitLine(rowLine(row, state, look, width), width));
    return first + index === selected ? highlight(line, state, "agents") : line;
  });
}

function rowLine(row: TreeRow, state: TuiState, look: Look, width: number): Line {
  const { theme, symbols } = look;
  switch (row.kind) {
    case "rig":
      return [
        span(` ${row.isCollapsed ? symbols.collapsed : symbols.expanded} `, theme.muted),
        bold(row.rig, theme.role),
        ...(row.isCollapsed
          ? [span(` (${row.agents.length}) `, theme.muted), ...counts(row.agents, look)]
          : []),
      ];
    case "fold":
      return [span(`   ${icon("polecat", look)} ${row.count} idle`, theme.muted)];
    case "agent":
      return agentLine(row.agent, row.depth, state, look, width);
  }
}

function agentLine(agent: AgentView, depth: number, state: TuiState, look: Look, width: number): Line {
  const { theme, symbols } = look;
  const isMarked = state.marked.has(agent.address);
  const name: Line = [
    span(isMarked ? symbols.marked : " ", theme.accent),
    span("  ".repeat(depth)),
    span(`${icon(agent.role, look)} `),
    isMarked ? bold(agent.name, theme.accent) : span(agent.name),
  ];
  const status = statusOf(agent, state, look);
  const room = width - lineWidth(name) - lineWidth(status) - 2;
  const bead: Span[] = agent.bead !== "" && room >= 4 ? [span(` ${agent.bead}`, theme.muted)] : [];
  if (agent.title !== "" && room - lineWidth(bead) >= minTitle) bead.push(span(` ${agent.title}`));
  const isOpen = state.panes.has(agent.address);
  return spread(
    [...name, ...(isOpen ? [span(` ${symbols.bar}`, theme.accent)] : []), ...bead],
    [span(" "), ...status, span(" ")],
    width,
  );
}

/** State symbol, time since the last progress, and a word when the symbol does not say all. */
function statusOf(agent: AgentView, state: TuiState, look: Look): Line {
  const colour = healthColour(agent.health, look.theme);
  const sign = look.symbols.isAscii ? healthSymbols[agent.health].ascii : healthSymbols[agent.health].symbol;
  const isQueued = agent.health === "idle" && state.town.queue.some((row) => row.worker === agent.address);
  if (isQueued) return [span(`${look.symbols.done} queued`, look.theme.good)];
  const words = [sign];
  if (agent.health !== "idle") words.push(formatIdle(agent.idleMs));
  if (agent.tag !== "") words.push(agent.tag);
  else if (agent.phase === "waiting" || agent.phase === "dialog") words.push("?");
  else if (agent.health === "idle" && (agent.state === "spawning" || agent.state === "done"))
    words.push(agent.state);
  return [span(words.join(" "), colour)];
}

function counts(agents: readonly AgentView[], look: Look): Line {
  const order: readonly HealthState[] = ["working", "idle", "gupp", "stalled", "zombie"];
  return order.flatMap((health) => {
    const count = agents.filter((agent) => agent.health === health).length;
    if (count === 0) return [];
    const sign = look.symbols.isAscii ? healthSymbols[health].ascii : healthSymbols[health].symbol;
    return [span(` ${sign}${count}`, healthColour(health, look.theme))];
  });
}

function icon(role: AgentView["role"], look: Look): string {
  return look.symbols.isAscii ? roleIcons[role].ascii : roleIcons[role].icon;
}

export function healthColour(health: HealthState, theme: Theme): string {
  if (health === "working") return theme.good;
  if (health === "idle") return theme.muted;
  return health === "stalled" ? theme.care : theme.bad;
}
