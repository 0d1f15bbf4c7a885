import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { healthSymbols } from "../../../core/health/assess.ts";
import { hasSession, isBuiltin, isSuspended } from "../control.ts";
import { showKey } from "../look-up-key.ts";
import { firstVisible, problemRows, selectedIndex } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { formatSpan } from "../../../core/duration.ts";
import { padded } from "../screen/text-width.ts";
import { shownHealth } from "../store/on-duty.ts";
import { type RowDetail, screenSection } from "../store/town-data.ts";
import { healthColour, signOf } from "./agents-panel.ts";
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
  const working = calm.filter((agent) => shownHealth(agent) === "working");
  const idle = calm.filter((agent) => shownHealth(agent) === "idle");
  const sign = (health: "working" | "idle" | "gupp") => signOf(health, look);
  const head: Line = [
    span(` ${agents.length} agents  `),
    span(`${sign("working")} ${working.length} ok `, theme.good),
    span(`${symbols.bar} `, theme.muted),
    span(
      `${sign("gupp")} ${rows.length} ${rows.length === 1 ? "needs" : "need"} attention `,
      rows.length > 0 ? theme.bad : theme.muted,
    ),
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
    return isSelected
      ? [highlight(line, state, "problems", look.theme), ...reasonLines(row, state, look)]
      : [line];
  });
  return [[bold(` NEEDS ATTENTION (${rows.length})`, theme.bad)], ...lines];
}

function attentionLine(agent: AgentView, isSelected: boolean, state: TuiState, look: Look): Line {
  const { theme, symbols } = look;
  const { label } = healthSymbols[agent.health];
  const isSeen = isStillSeen(agent, state);
  const colour = isSeen ? theme.muted : healthColour(agent.health, theme);
  const word = agent.tag === "needs-human" ? "asks" : agent.tag === "" ? label : agent.tag;
  return [
    span(isSelected ? ` ${symbols.selected} ` : "   "),
    bold(padded(agent.name, 12), isSeen ? theme.muted : undefined),
    span(` ${padded(signOf(agent.health, look), 2)} ${padded(word, 6)}`, colour),
    span(padded(isCounted(agent) ? `${formatSpan(agent.idleMs)} no progress` : "", 18), colour),
    span(padded(agent.bead, 13), theme.accent),
    span(padded(agent.rig, 10), theme.role),
    ...(isSeen ? [span(" seen", theme.muted)] : []),
  ];
}

/** Why, what its screen says last, and what to do about it. */
function reasonLines(agent: AgentView, state: TuiState, look: Look): readonly Line[] {
  const { theme, symbols } = look;
  const { detail } = state.town;
  const said = detail?.id === agent.address ? lastOutput(detail) : "";
  // Below a question stand only its options and keys.
  const last = agent.tag === "needs-human" && agent.reason.includes(": ") ? "" : said;
  return [
    [
      span(`     ${agent.reason === "" ? "needs a person" : agent.reason}`),
      ...(last === "" ? [] : [span(`  ${symbols.quote} ${last}`, theme.muted)]),
    ],
    [span(`     ${adviceFor(agent, look)}`, theme.accent)],
  ];
}

/** Whose work rests has no time without progress, and of the dead it is not always known. */
function isCounted({ health }: AgentView): boolean {
  return health !== "zombie" && health !== "idle";
}

/** The keys that help, the likeliest first. */
function adviceFor(agent: AgentView, { symbols }: Look): string {
  const key = showKey("enter", symbols);
  const enter = `${key} look at its screen`;
  if (isSuspended(agent)) return hasSession(agent) ? `try ${enter}, or r resume` : "try r resume";
  if (agent.health === "zombie" && isBuiltin(agent)) return `try :  then  ${agent.suggestion}`;
  if (agent.health === "zombie") return hasSession(agent) ? `try r restart, or ${enter}` : "try r restart";
  if (agent.tag === "needs-human") return `try ${key} answer it, r restart, or h handoff`;
  return agent.health === "gupp"
    ? `try n nudge, r restart, h handoff, or ${enter}`
    : `try ${enter}, n nudge, or h handoff`;
}

function lastOutput({ sections }: RowDetail): string {
  const lines = sections.find(({ title }) => title === screenSection)?.lines ?? [];
  // An empty prompt at the end says nothing.
  return lines.findLast((line) => /[\p{L}\p{N}]/u.test(line))?.trim() ?? "";
}

/** Seen by the person, not long ago, and still in the same state. */
function isStillSeen(agent: AgentView, state: TuiState): boolean {
  const seen = state.seen.get(agent.address);
  return seen !== undefined && seen.until > state.now && seen.health === agent.health;
}

function dotLines(agents: readonly AgentView[], look: Look, health: "working" | "idle"): readonly Line[] {
  const rigs = [...new Set(agents.map((agent) => agent.rig))].sort();
  const sign = signOf(health, look);
  return rigs.map((rig) => {
    const count = agents.filter((agent) => agent.rig === rig).length;
    const more = count > mostDots ? ` +${count - mostDots}` : "";
    return [
      span(`   ${sign.repeat(Math.min(count, mostDots))}${more}`, healthColour(health, look.theme)),
      span(` ${rig === "" ? "town" : rig} (${count})`, look.theme.muted),
    ];
  });
}
