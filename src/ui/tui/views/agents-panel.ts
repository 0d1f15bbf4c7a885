import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import { type HealthState, healthSymbols } from "../../../core/health/assess.ts";
import { roleIcons } from "../../../core/health/role-icon.ts";
import { searchStanding } from "../../../core/merge/search-standing.ts";
import type { TownData } from "../store/town-data.ts";
import { padded, textWidth, wrapText } from "../screen/text-width.ts";
import { isOnDuty, shownHealth } from "../store/on-duty.ts";
import { backStatuses, firstVisible, selectedIndex, type TreeRow, treeRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { formatIdle } from "./format.ts";
import { highlight } from "./highlight.ts";
import { operationWords } from "./operation-words.ts";
import type { Look } from "./panel.tsx";
import { bold, fitLine, type Line, lineWidth, ofRow, type Span, span, spread } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** A title that is cut to less than this says nothing. */
const minTitle = 16;
/** Names beyond this are cut, so that one long name does not push everybody's work aside. */
const mostName = 18;

/** Widths of the columns of all agents in the panel. */
interface Columns {
  readonly width: number;
  readonly name: number;
  readonly bead: number;
}

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
  const columns = columnsOf(rows, width);
  const first = firstVisible(rows.length, selected, height);
  const lines = rows.slice(first, first + height).map((row, index) => {
    const line = ofRow(row.id, fitLine(rowLine(row, state, look, columns), width));
    return first + index === selected ? highlight(line, state, "agents", look.theme) : line;
  });
  return [...lines, ...nextSteps(state.town, look, width, height - lines.length)];
}

/** What to do in a town in which nothing is under way yet, where there is room to say it. */
function nextSteps(town: TownData, { theme }: Look, width: number, room: number): readonly Line[] {
  const steps = stepsFor(town);
  const lines = steps.flatMap((step) => wrapText(step, width - 3));
  if (lines.length === 0 || room < lines.length + 1) return [];
  return [[], ...lines.map((line): Line => [span(`  ${line}`, theme.muted)])];
}

function stepsFor(town: TownData): readonly string[] {
  if (!town.isLoaded) return [];
  const up = town.isDaemonUp ? [] : [":  then  gt up  starts the town"];
  if (town.rigs.length === 0) return [...up, ":  then  gt rig add <name> <url or path>  adds a project"];
  const isBusy = town.agents.some(({ bead }) => bead !== "") || town.queue.length > 0;
  return isBusy ? up : [...up, "b  shows the beads;  +  there makes one,  s  gives one to an agent"];
}

function columnsOf(rows: readonly TreeRow[], width: number): Columns {
  const agents = rows.filter((row) => row.kind === "agent");
  return {
    width,
    name: Math.min(
      mostName,
      Math.max(0, ...agents.map(({ agent, depth }) => 2 * depth + textWidth(agent.name))),
    ),
    bead: Math.max(0, ...agents.map(({ agent }) => textWidth(agent.bead))),
  };
}

function rowLine(row: TreeRow, state: TuiState, look: Look, columns: Columns): Line {
  const { theme, symbols } = look;
  switch (row.kind) {
    case "rig": {
      const rest = state.town.restingRigs.get(row.rig);
      return [
        span(` ${row.isCollapsed ? symbols.collapsed : symbols.expanded} `, theme.muted),
        bold(row.rig, rest === undefined ? theme.role : theme.muted),
        ...(rest === undefined ? [] : [span(` ${symbols[rest]} ${rest}`, theme.muted)]),
        ...(row.isCollapsed
          ? [span(` (${row.agents.length}) `, theme.muted), ...counts(row.agents, look)]
          : []),
      ];
    }
    case "fold":
      return [span(`   ${icon("polecat", look)} ${row.count} idle`, theme.muted)];
    case "agent":
      return agentLine(row.agent, row.depth, state, look, columns);
  }
}

function agentLine(agent: AgentView, depth: number, state: TuiState, look: Look, columns: Columns): Line {
  const { theme, symbols } = look;
  const isMarked = state.marked.has(agent.address);
  const isResting = state.town.restingRigs.has(agent.rig);
  const shownName = padded(agent.name, columns.name - 2 * depth);
  const name: Line = [
    span(isMarked ? symbols.marked : " ", theme.accent),
    span("  ".repeat(depth)),
    span(`${icon(agent.role, look)} `),
    isMarked ? bold(shownName, theme.accent) : span(shownName, isResting ? theme.muted : undefined),
    span(state.panes.has(agent.address) ? symbols.bar : " ", theme.accent),
  ];
  const status = [...extrasOf(agent, state, look), ...statusOf(agent, state, look)];
  const room = columns.width - lineWidth(name) - lineWidth(status) - 2;
  const work: Span[] =
    agent.bead !== "" && room >= 4 ? [span(padded(agent.bead, columns.bead), theme.muted)] : [];
  if (agent.title !== "" && room - lineWidth(work) >= minTitle) work.push(span(` ${agent.title}`));
  return spread([...name, ...work], [span(" "), ...status, span(" ")], columns.width);
}

/** Unread mail, and that the agent is not to be disturbed. */
function extrasOf(agent: AgentView, state: TuiState, { theme, symbols }: Look): Line {
  const notes = state.town.notes.get(agent.address);
  return [
    ...((notes?.unreadMail ?? 0) > 0 ? [span(`${symbols.unread} ${notes?.unreadMail} `, theme.accent)] : []),
    ...(notes?.isMuted === true ? [span(`${symbols.muted} `, theme.muted)] : []),
  ];
}

/** State symbol, time since the last progress, and a word when the symbol does not say all. */
function statusOf(agent: AgentView, state: TuiState, look: Look): Line {
  const { theme, symbols } = look;
  const operation = state.town.notes.get(agent.address)?.operation;
  if (operation !== undefined)
    return [
      span(
        `${symbols.busy} ${operationWords(operation, agent).short}`,
        operation.error === "" ? theme.accent : theme.bad,
      ),
    ];
  if (isOnDuty(agent)) return [span(`${signOf("working", look)} ${dutyOf(agent, state)}`, theme.good)];
  const isQueued =
    agent.health === "idle" &&
    agent.bead === "" &&
    state.town.queue.some(({ worker, status }) => worker === agent.address && !backStatuses.has(status));
  if (isQueued) return [span(`${symbols.done} queued`, theme.good)];
  const words = [signOf(agent.health, look)];
  // Of the dead it is not always known since when.
  if (agent.health !== "idle" && (agent.health !== "zombie" || agent.idleMs > 0))
    words.push(formatIdle(agent.idleMs));
  if (agent.tag !== "") words.push(tagWord(agent.tag, look));
  else if (agent.phase === "waiting" || agent.phase === "dialog") words.push(symbols.asks);
  else if (agent.health === "idle" && (agent.state === "spawning" || agent.state === "done"))
    words.push(agent.state);
  return [span(words.join(" "), healthColour(agent.health, theme))];
}

/** What a patrol of the daemon is at: the Refinery's batch or queue, and that the others watch. */
function dutyOf(agent: AgentView, { town }: TuiState): string {
  if (agent.role !== "refinery") return "patrol";
  const run = town.runs.find(({ rig }) => rig === agent.rig);
  if (run !== undefined) {
    const { members } = searchStanding(run);
    const settled = members.filter((member) => member === "landed" || member === "green").length;
    return `batch ${settled}/${members.length}`;
  }
  const waiting = town.queue.filter(({ rig, status }) => rig === agent.rig && status === "ready").length;
  return waiting > 0 ? `queue ${waiting}` : "idle";
}

function tagWord(tag: string, { symbols }: Look): string {
  if (tag === "needs-human") return symbols.asks;
  return tag === "paused" ? symbols.paused : tag;
}

function counts(agents: readonly AgentView[], look: Look): Line {
  const order: readonly HealthState[] = ["working", "idle", "gupp", "stalled", "zombie"];
  return order.flatMap((health) => {
    const count = agents.filter((agent) => shownHealth(agent) === health).length;
    return count === 0 ? [] : [span(` ${signOf(health, look)}${count}`, healthColour(health, look.theme))];
  });
}

function icon(role: AgentView["role"], look: Look): string {
  return look.symbols.isAscii ? roleIcons[role].ascii : roleIcons[role].icon;
}

export function signOf(health: HealthState, { symbols }: Look): string {
  return symbols.isAscii ? healthSymbols[health].ascii : healthSymbols[health].symbol;
}

export function healthColour(health: HealthState, theme: Theme): string {
  if (health === "working") return theme.good;
  if (health === "idle") return theme.muted;
  return health === "stalled" ? theme.care : theme.bad;
}
