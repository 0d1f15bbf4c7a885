import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { healthSymbols } from "../../../core/health/assess.ts";
import { firstVisible, problemRows, selectedIndex } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { formatSpan } from "../../../core/duration.ts";
import { padded } from "../screen/text-width.ts";
import { healthColour } from "./agents-panel.ts";
import { highlight } from "./highlight.ts";
import type { Look } from "./panel.tsx";
import { bold, fitLine, type Line, ofRow, span } from "./spans.ts";

const mostDots = 20;

/** Agents by the five health states, those that need a person first (spec/06 §12.2). */
export function problemsLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const { theme, symbols } = look;
  const { agents } = state.town;
  if (agents.length === 0)
    return [[span(" No agents detected. Start some with gt sling or gt crew add", theme.muted)]];
  const rows = problemRows(state);
  const calm = agents.filter((agent) => !agent.needsAttention);
  const working = calm.filter((agent) => agent.health === "working");
  const idle = calm.filter((agent) => agent.health === "idle");
  const sign = (health: "working" | "idle" | "gupp") =>
    symbols.isAscii ? healthSymbols[health].ascii : healthSymbols[health].symbol;
  const head: Line = [
    span(` ${agents.length} agents  `),
    span(`${sign("working")} ${working.length} ok `, theme.good),
    span(`${symbols.bar} `, theme.muted),
    span(`${sign("gupp")} ${rows.length} need attention `, rows.length > 0 ? theme.bad : theme.muted),
    span(`${symbols.bar} ${sign("idle")} ${idle.length} idle`, theme.muted),
  ];
  const below: Line[] = [
    [],
    [bold(` WORKING (${working.length})`, theme.good)],
    ...dotLines(working, look, "working"),
    [],
    [bold(` IDLE (${idle.length})`, theme.muted)],
    ...dotLines(idle, look, "idle"),
  ];
  const room = Math.max(3, height - 3 - below.length);
  return [head, [], ...attentionLines(rows, state, look, width, room), ...below];
}

function attentionLines(
  rows: readonly AgentView[],
  state: TuiState,
  look: Look,
  width: number,
  room: number,
): readonly Line[] {
  const { theme } = look;
  if (rows.length === 0) return [[span(" All agents OK", theme.good)]];
  const selected = selectedIndex(
    state,
    "problems",
    rows.map((row) => row.address),
  );
  const first = firstVisible(rows.length, selected, Math.max(1, room - 2));
  const lines = rows.slice(first, first + Math.max(1, room - 2)).flatMap((row, index) => {
    const isSelected = first + index === selected;
    const line = ofRow(row.address, fitLine(attentionLine(row, isSelected, state, look), width));
    return isSelected ? [highlight(line, state, "problems"), ...reasonLines(row, look)] : [line];
  });
  return [[bold(` NEEDS ATTENTION (${rows.length})`, theme.bad)], ...lines];
}

function attentionLine(agent: AgentView, isSelected: boolean, state: TuiState, look: Look): Line {
  const { theme, symbols } = look;
  const { symbol, ascii, label } = healthSymbols[agent.health];
  const isSeen = isStillSeen(agent, state);
  const colour = isSeen ? theme.muted : healthColour(agent.health, theme);
  const word = agent.tag === "" ? label : agent.tag;
  return [
    span(isSelected ? ` ${symbols.selected} ` : "   "),
    bold(padded(agent.name, 12), isSeen ? theme.muted : undefined),
    span(` ${padded(symbols.isAscii ? ascii : symbol, 2)} ${padded(word, 12)}`, colour),
    span(padded(agent.health === "zombie" ? "" : `${formatSpan(agent.idleMs)} no progress`, 19), colour),
    span(padded(agent.bead, 14), theme.accent),
    ...(isSeen ? [span("seen  ", theme.muted)] : []),
    span(agent.rig, theme.role),
  ];
}

function reasonLines(agent: AgentView, { theme }: Look): readonly Line[] {
  const action =
    agent.health === "zombie" ? "r restart · ↵ look" : "↵ attach · n nudge · h handoff · r restart";
  const advice = agent.suggestion === "" ? action : `${agent.suggestion}: ${action}`;
  return [
    [
      span(`       ${agent.reason === "" ? "needs a person" : agent.reason}`),
      span(agent.title === "" ? "" : `  "${agent.title}"`, theme.muted),
    ],
    [span(`       ${advice}`, theme.accent)],
  ];
}

/** Seen by the person, not long ago, and still in the same state. */
function isStillSeen(agent: AgentView, state: TuiState): boolean {
  const seen = state.seen.get(agent.address);
  return seen !== undefined && seen.until > state.now && seen.health === agent.health;
}

function dotLines(agents: readonly AgentView[], look: Look, health: "working" | "idle"): readonly Line[] {
  const rigs = [...new Set(agents.map((agent) => agent.rig))].sort();
  const sign = look.symbols.isAscii ? healthSymbols[health].ascii : healthSymbols[health].symbol;
  return rigs.map((rig) => {
    const count = agents.filter((agent) => agent.rig === rig).length;
    const more = count > mostDots ? ` +${count - mostDots}` : "";
    return [
      span(`   ${sign.repeat(Math.min(count, mostDots))}${more}`, healthColour(health, look.theme)),
      span(` ${rig === "" ? "town" : rig} (${count})`, look.theme.muted),
    ];
  });
}
