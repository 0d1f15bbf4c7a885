import { type EmergencyStop, thawHint } from "../../../agents/daemon/emergency-stop.ts";
import { shownHealth } from "../store/on-duty.ts";
import { problemRows, isLanded } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { signOf } from "./agents-panel.ts";
import { formatClock } from "./format.ts";
import type { Look } from "./panel.tsx";
import { cut, textWidth } from "../screen/text-width.ts";
import { bold, fitLine, forAction, type Line, lineWidth, span, spread } from "./spans.ts";

/** The dashboard of counts. What does not fit is left out, least important first. */
export function headerLine(state: TuiState, look: Look, width: number): Line {
  const { theme, symbols } = look;
  const { town } = state;
  const open = town.convoys.filter((convoy) => !isLanded(convoy)).length;
  const right: Line[] = [[span(` ${formatClock(state.now)} `, theme.muted)]];
  const escalations = town.inbox.filter((row) => row.kind === "escalation").length;
  const unread = town.inbox.filter((row) => row.kind === "mail" && row.isNew).length;
  if (escalations > 0)
    right.unshift(forAction("inbox", [span(` ${symbols.escalation} ${escalations} `, theme.bad)]));
  if (unread > 0) right.unshift(forAction("inbox", [span(` ${symbols.mail} ${unread} `, theme.accent)]));
  const parts: Line[] = [
    agentCounts(state, look),
    forAction("panel2", [span("convoys ", theme.muted), span(String(open))]),
    forAction("queue", [span("queue ", theme.muted), span(String(town.queue.length))]),
    [span(`${town.rigs.length} ${town.rigs.length === 1 ? "rig" : "rigs"}`, theme.muted)],
  ];
  const trouble = troubleOf(state, width);
  if (trouble !== "") parts.unshift([span(trouble, theme.bad)]);
  const place = town.place === "" ? town.name : `${town.name} ${town.place}`;
  return pack([bold(" gastown ", theme.accent), span(place, theme.muted)], parts, right.flat(), width);
}

function agentCounts(state: TuiState, look: Look): Line {
  const { theme } = look;
  const { agents } = state.town;
  const sign = (health: "working" | "idle" | "gupp") => signOf(health, look);
  const count = (health: string) =>
    agents.filter((agent) => shownHealth(agent) === health && !agent.needsAttention).length;
  const problems = problemRows({ ...state, filters: {} }).length;
  return [
    ...forAction("panel1", [
      span(`${agents.length} agents `, theme.muted),
      span(`${sign("working")}${count("working")}`, theme.good),
      span(` ${sign("idle")}${count("idle")}`, theme.muted),
    ]),
    ...(problems > 0 ? forAction("problems", [bold(` ${sign("gupp")}${problems}`, theme.bad)]) : []),
  ];
}

function troubleOf({ town }: TuiState, width: number): string {
  if (town.trouble !== "") return town.trouble;
  if (!town.isLoaded) return "reading the town…";
  const [stop, ...more] = town.stops;
  if (stop !== undefined) return stopText(stop, more.length, width);
  if (town.isHostSilent) return "session host not answering";
  return town.isDaemonUp ? "" : "daemon not running (gt up)";
}

/** Its reason must leave room for the way out of it and for how many agents need somebody. */
function stopText(stop: EmergencyStop, more: number, width: number): string {
  const scope = stop.scope === "town" ? "" : ` ${stop.scope}`;
  const room = Math.min(longestReason, width - besideReason);
  const why = stop.reason === "" || room < shortestReason ? "" : ` ${cut(stop.reason, room)}`;
  return `ESTOP${scope}${more > 0 ? ` +${more}` : ""}${why} (${thawHint(stop)})`;
}

const longestReason = 40;
const shortestReason = 8;
/** Cells of all that stands beside the reason of a stop. */
const besideReason = 80;

/** A place that is cut to less than this says nothing. */
const shortestPlace = 6;

function pack(name: Line, parts: readonly Line[], right: Line, width: number): Line {
  // The place of the town is the first to be cut: who has no room for counts knows where they are.
  const needed = parts.reduce((sum, part) => sum + lineWidth(part) + 3, lineWidth(name) + lineWidth(right));
  const [program = span(""), place = span("")] = name;
  const room = textWidth(place.text) - Math.max(0, needed - width);
  let left: Line = room >= shortestPlace ? [program, { ...place, text: cut(place.text, room) }] : [program];
  for (const part of parts) {
    const longer = [...left, span("   "), ...part];
    if (lineWidth(longer) + lineWidth(right) <= width) left = longer;
  }
  return lineWidth(right) + lineWidth(left) <= width ? spread(left, right, width) : fitLine(left, width);
}
