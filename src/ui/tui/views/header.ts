import { healthSymbols } from "../../../core/health/assess.ts";
import { problemRows, isLanded } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { formatClock } from "./format.ts";
import type { Look } from "./panel.tsx";
import { bold, fitLine, type Line, lineWidth, span, spread } from "./spans.ts";

/** The dashboard of counts. What does not fit is left out, least important first. */
export function headerLine(state: TuiState, look: Look, width: number): Line {
  const { theme, symbols } = look;
  const { town } = state;
  const open = town.convoys.filter((convoy) => !isLanded(convoy)).length;
  const right: Line[] = [[span(` ${formatClock(state.now)} `, theme.muted)]];
  const escalations = town.inbox.filter((row) => row.kind === "escalation").length;
  const unread = town.inbox.filter((row) => row.kind === "mail" && row.isNew).length;
  if (escalations > 0) right.unshift([span(` ${symbols.escalation} ${escalations} `, theme.bad)]);
  if (unread > 0) right.unshift([span(` ${symbols.mail} ${unread} `, theme.accent)]);
  const parts: Line[] = [
    agentCounts(state, look),
    [span("convoys ", theme.muted), span(String(open))],
    [span("queue ", theme.muted), span(String(town.queue.length))],
    [span(`${town.rigs.length} ${town.rigs.length === 1 ? "rig" : "rigs"}`, theme.muted)],
  ];
  const trouble = troubleOf(state);
  if (trouble !== "") parts.unshift([span(trouble, theme.bad)]);
  const place = town.place === "" ? town.name : `${town.name} ${town.place}`;
  return pack([bold(" gastown ", theme.accent), span(place, theme.muted)], parts, right.flat(), width);
}

function agentCounts(state: TuiState, { theme, symbols }: Look): Line {
  const { agents } = state.town;
  const sign = (health: "working" | "idle" | "gupp") =>
    symbols.isAscii ? healthSymbols[health].ascii : healthSymbols[health].symbol;
  const count = (health: string) =>
    agents.filter((agent) => agent.health === health && !agent.needsAttention).length;
  const problems = problemRows({ ...state, filters: {} }).length;
  return [
    span(`${agents.length} agents `, theme.muted),
    span(`${sign("working")}${count("working")}`, theme.good),
    span(` ${sign("idle")}${count("idle")}`, theme.muted),
    ...(problems > 0 ? [bold(` ${sign("gupp")}${problems}`, theme.bad)] : []),
  ];
}

function troubleOf({ town }: TuiState): string {
  if (town.trouble !== "") return town.trouble;
  if (!town.isLoaded) return "reading the town…";
  return town.isDaemonUp ? "" : "daemon not running (gt up)";
}

function pack(name: Line, parts: readonly Line[], right: Line, width: number): Line {
  let left: Line = name;
  // The place of the town is the first to go: who has no room for counts knows where they are.
  const needed = parts
    .slice(0, 2)
    .reduce((sum, part) => sum + lineWidth(part) + 3, lineWidth(name) + lineWidth(right));
  if (needed > width) left = name.slice(0, 1);
  for (const part of parts) {
    const longer = [...left, span("   "), ...part];
    if (lineWidth(longer) + lineWidth(right) <= width) left = longer;
  }
  return lineWidth(right) + lineWidth(left) <= width ? spread(left, right, width) : fitLine(left, width);
}
