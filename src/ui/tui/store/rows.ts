import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { ConvoyView, TrackedView } from "../../../core/convoys/convoy-view.ts";
import { byUrgency } from "../../../core/health/assess.ts";
import type { QueueStatus } from "../../../core/merge/queue-view.ts";
import { eventFilter, textFilter } from "./filter.ts";
import type { PanelName, TuiState } from "./state.ts";
import type { BeadRow, FeedRow, InboxRow, QueueRow } from "./town-data.ts";

/** Idle polecats of a rig beyond this many fold into one row (spec/06 §11.1). */
const foldedFrom = 6;

export type TreeRow =
  | { readonly kind: "agent"; readonly id: string; readonly depth: number; readonly agent: AgentView }
  | {
      readonly kind: "rig";
      readonly id: string;
      readonly rig: string;
      readonly isCollapsed: boolean;
      readonly agents: readonly AgentView[];
    }
  | { readonly kind: "fold"; readonly id: string; readonly count: number };

/** The agent tree: town agents, then rigs by name with their patrols, crew and polecats. */
export function treeRows(state: TuiState): readonly TreeRow[] {
  const { agents, rigs } = state.town;
  const filter = filterOf(state, "agents");
  if (filter !== undefined)
    return agents
      .filter((agent) => filter(`${agent.address} ${agent.bead} ${agent.title} ${agent.tag}`))
      .map((agent) => treeAgent(agent, 0));
  const rows: TreeRow[] = agents
    .filter((agent) => agent.rig === "")
    .sort(byRole)
    .map((agent) => treeAgent(agent, 0));
  // Who takes no work now comes last (spec/06 §11.1).
  const isResting = (rig: string) => Number(state.town.restingRigs.has(rig));
  for (const rig of rigs.toSorted((one, other) => isResting(one) - isResting(other))) {
    const members = agents.filter((agent) => agent.rig === rig).sort(byRole);
    const isCollapsed = state.collapsed.has(rig);
    rows.push({ kind: "rig", id: `rig:${rig}`, rig, isCollapsed, agents: members });
    if (!isCollapsed) rows.push(...memberRows(rig, members, state));
  }
  return rows;
}

function memberRows(rig: string, members: readonly AgentView[], state: TuiState): readonly TreeRow[] {
  const id = `fold:${rig}`;
  const idle = members.filter(
    (agent) => agent.role === "polecat" && agent.health === "idle" && !agent.needsAttention,
  );
  if (idle.length < foldedFrom || state.collapsed.has(`open:${id}`))
    return members.map((agent) => treeAgent(agent, 1));
  const rest = members.filter((agent) => !idle.includes(agent));
  return [...rest.map((agent) => treeAgent(agent, 1)), { kind: "fold", id, count: idle.length }];
}

function treeAgent(agent: AgentView, depth: number): TreeRow {
  return { kind: "agent", id: agent.address, depth, agent };
}

const roleOrder = ["mayor", "deacon", "boot", "dog", "witness", "refinery", "crew", "polecat"];

function byRole(one: AgentView, other: AgentView): number {
  return roleOrder.indexOf(one.role) - roleOrder.indexOf(other.role) || one.name.localeCompare(other.name);
}

/** Convoys under way first, then the landed ones (spec/06 §11.2). */
export function convoyRows(state: TuiState): readonly ConvoyView[] {
  const filter = filterOf(state, "convoys") ?? (() => true);
  const shown = state.town.convoys.filter((convoy) => filter(`${convoy.id} ${convoy.title}`));
  return [...shown.filter((convoy) => !isLanded(convoy)), ...shown.filter(isLanded)];
}

export function isLanded(convoy: ConvoyView): boolean {
  return convoy.status === "closed";
}

export function feedRows(state: TuiState): readonly FeedRow[] {
  return state.town.feed.filter(eventFilter(state.filters.feed ?? "", state.now));
}

/** Agents that need a person, most urgent first, longest first within a state (spec/06 §12). */
export function problemRows(state: TuiState): readonly AgentView[] {
  const filter = filterOf(state, "problems") ?? (() => true);
  return state.town.agents
    .filter((agent) => agent.needsAttention && filter(`${agent.address} ${agent.bead} ${agent.reason}`))
    .sort(byUrgency);
}

/** The request waits for somebody to repair it: it cannot land as it is. */
export const backStatuses: ReadonlySet<QueueStatus> = new Set(["needs-fix", "quarantined"]);

export function logRows(state: TuiState): readonly FeedRow[] {
  return state.town.log.filter(eventFilter(state.filters.log ?? "", state.now));
}

export function beadRows(state: TuiState): readonly BeadRow[] {
  const filter = filterOf(state, "beads") ?? (() => true);
  return state.town.beads.filter((row) =>
    filter(`${row.id} ${row.title} ${row.assignee} ${row.group} ${row.type}`),
  );
}

export function queueRows(state: TuiState): readonly QueueRow[] {
  const filter = filterOf(state, "queue") ?? (() => true);
  return (
    state.town.queue
      .filter((row) => filter(`${row.id} ${row.rig} ${row.branch} ${row.worker} ${row.status}`))
      // Within a rig they stay in the order in which they would run.
      .toSorted((one, other) => one.rig.localeCompare(other.rig))
  );
}

export function inboxRows(state: TuiState): readonly InboxRow[] {
  const filter = filterOf(state, "inbox") ?? (() => true);
  return state.town.inbox.filter((row) => filter(`${row.id} ${row.from} ${row.subject} ${row.urgency}`));
}

/** The beads of the shown convoy by waves: each waits only for beads of earlier ones. */
export function waves(state: TuiState): readonly (readonly TrackedView[])[] {
  const convoy = shownConvoy(state);
  if (convoy === undefined) return [];
  const depths = new Map<string, number>();
  const depthOf = (id: string, path: readonly string[]): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    // A cycle cannot be drawn by waves; its beads stay where it was entered.
    const needs = (state.town.needs.get(id) ?? []).filter((need) => !path.includes(need));
    const depth = needs.length === 0 ? 0 : 1 + Math.max(...needs.map((need) => depthOf(need, [...path, id])));
    depths.set(id, depth);
    return depth;
  };
  const found: TrackedView[][] = [];
  for (const bead of convoy.tracked) {
    const depth = depthOf(bead.id, []);
    while (found.length <= depth) found.push([]);
    found[depth]?.push(bead);
  }
  return found;
}

export function shownConvoy(state: TuiState): ConvoyView | undefined {
  return state.town.convoys.find(({ id }) => id === state.convoy) ?? state.town.convoys[0];
}

/** Ids of a panel's rows in the order shown. */
export function rowIds(state: TuiState, panel: PanelName): readonly string[] {
  switch (panel) {
    case "agents":
      return treeRows(state).map((row) => row.id);
    case "convoys":
      return convoyRows(state).map((row) => row.id);
    case "feed":
      return feedRows(state).map((row) => row.id);
    case "log":
      return logRows(state).map((row) => row.id);
    case "problems":
      return problemRows(state).map((agent) => agent.address);
    case "beads":
      return beadRows(state).map((row) => row.id);
    case "queue":
      return queueRows(state).map((row) => row.id);
    case "inbox":
      return inboxRows(state).map((row) => row.id);
    case "convoy":
      return waves(state).flatMap((wave) => wave.map(({ id }) => id));
  }
}

/** Index of the selected row; the first one when nothing is selected or the selected one is gone. */
export function selectedIndex(state: TuiState, panel: PanelName, ids: readonly string[]): number {
  const selected = state.selection[panel];
  return selected === undefined ? 0 : Math.max(0, ids.indexOf(selected));
}

export function selectedId(state: TuiState, panel: PanelName): string | undefined {
  const ids = rowIds(state, panel);
  return ids[selectedIndex(state, panel, ids)];
}

/** The row that the detail panel of the view is about. */
export function detailId(state: TuiState): string | undefined {
  return state.view === "activity" ? undefined : selectedId(state, state.view);
}

/** The agent that the selection of the focused part means. */
export function selectedAgent(state: TuiState): AgentView | undefined {
  const { focus } = state;
  const address =
    "pane" in focus
      ? focus.pane
      : focus.panel === "feed"
        ? feedRows(state).find((row) => row.id === selectedId(state, "feed"))?.actor
        : holderOf(state, focus.panel);
  return state.town.agents.find((agent) => agent.address === address);
}

/** Whom the selected row of a list is about. */
function holderOf(state: TuiState, panel: PanelName): string | undefined {
  const id = selectedId(state, panel);
  switch (panel) {
    case "beads":
      return state.town.beads.find((row) => row.id === id)?.assignee;
    case "queue":
      return state.town.queue.find((row) => row.id === id)?.worker;
    case "convoy":
      return shownConvoy(state)?.tracked.find((bead) => bead.id === id && bead.state !== "closed")?.assignee;
    case "inbox":
      return state.town.inbox.find((row) => row.id === id)?.from;
    case "log":
      return state.town.log.find((row) => row.id === id)?.actor;
    default:
      return id;
  }
}

/** First visible row of a list that keeps the selected one in sight, near the middle once it scrolls. */
export function firstVisible(count: number, selected: number, height: number): number {
  return Math.max(0, Math.min(selected - Math.floor(height / 2), count - height));
}

function filterOf(state: TuiState, panel: PanelName): ((text: string) => boolean) | undefined {
  const wanted = state.filters[panel] ?? "";
  return wanted === "" ? undefined : textFilter(wanted);
}
