import type { AgentView } from "../../agents/patrols/agent-health.ts";
import type { Control } from "./control.ts";
import { hasSession, isBuiltin, isSuspended } from "./control.ts";
import type { ActionName } from "./binding.ts";
import { layOut } from "./layout.ts";
import { panesOf } from "./panes/pane-tree.ts";
import { inboxActions } from "./inbox-actions.ts";
import { exportLog } from "./export-log.ts";
import { workActions } from "./work-actions.ts";
import { emptyLine, lineOf } from "./store/line-editor.ts";
import { convoyRows, rowIds, selectedAgent, selectedId, selectedIndex, treeRows } from "./store/rows.ts";
import {
  type Focus,
  focusedPane,
  focusedPanel,
  type ListView,
  type PanelName,
  type TuiState,
} from "./store/state.ts";
import { describeConvoy, describeRow } from "./views/detail.ts";
import { explainAgent } from "./views/explain.ts";

type Action = (control: Control) => void;

const seenMs = 30 * 60_000;

/** What each name of the keymap does. */
export const actions: Readonly<Record<ActionName, Action>> = {
  open: (control) => withAgent(control, (agent) => control.openPane(agent, "replace"), toggleFold),
  detail: showDetail,
  nudge: (control) => {
    const state = control.store.snapshot();
    const agent = selectedAgent(state);
    const targets = state.marked.size > 0 ? [...state.marked] : agent === undefined ? [] : [agent.address];
    if (targets.length === 0) return control.toast("news", "select an agent first");
    const isAlone = targets.length === 1 && agent?.address === targets[0];
    if (isAlone && agent !== undefined && !hasSession(agent) && !isBuiltin(agent))
      return control.offerStart(agent);
    const prefill = state.view === "problems" ? lineOf("continue") : emptyLine;
    control.store.set({ overlay: { kind: "nudge", targets, editor: prefill } });
  },
  handoff: (control) =>
    withSession(control, (agent) => {
      control.store.set({
        overlay: {
          kind: "confirm",
          title: `Hand ${agent.name} off?`,
          lines: ["Its state is saved; a fresh session reads it and goes on", "with the same work."],
          command: ["handoff", agent.address, "-y", "-c", "-s", "Refreshed from TUI"],
        },
      });
    }),
  splitRight: (control) => withAgent(control, (agent) => control.openPane(agent, "right")),
  splitDown: (control) => withAgent(control, (agent) => control.openPane(agent, "down")),
  zoom: (control) =>
    withAgent(control, (agent) => {
      const { isZoomed, focus } = control.store.snapshot();
      const isZoomedHere = isZoomed && "pane" in focus && focus.pane === agent.address;
      control.store.set({ isZoomed: !isZoomedHere });
      control.openPane(agent, "replace");
    }),
  closePane: (control) => {
    const state = control.store.snapshot();
    const address = focusedPane(state) ?? selectedAgent(state)?.address;
    if (address !== undefined && state.panes.has(address)) control.closePane(address);
    else control.toast("news", "this agent has no open pane");
  },
  look: (control) =>
    withAgent(control, (agent) => {
      if (!control.store.snapshot().panes.has(agent.address)) control.openPane(agent, "replace");
      if (control.store.snapshot().panes.has(agent.address))
        control.store.set({ focus: { pane: agent.address, mode: "look" } });
    }),
  typeHere: (control) => {
    const address = focusedPane(control.store.snapshot());
    if (address !== undefined) control.typeInto(address);
  },
  copy: (control) => {
    const address = focusedPane(control.store.snapshot());
    if (address !== undefined) control.copyFrom(address);
  },
  search: (control) => {
    const pane = focusedPane(control.store.snapshot());
    if (pane !== undefined) control.store.set({ overlay: { kind: "search", pane, editor: emptyLine } });
  },
  searchOlder: (control) => searchOn(control, -1),
  searchNewer: (control) => searchOn(control, 1),
  leavePane: (control) => {
    const address = focusedPane(control.store.snapshot());
    if (address === undefined) return;
    control.store.set((state) => ({
      focus: { panel: "agents" },
      leftPane: address,
      selection: { ...state.selection, agents: address },
    }));
  },
  sendEscapeKey: (control) => {
    const { leftPane } = control.store.snapshot();
    if (leftPane === undefined) return;
    control.typeInto(leftPane);
    control.panes.write(leftPane, "\u001d");
  },
  problems: (control) => toggleView(control, "problems"),
  beads: (control) => toggleView(control, "beads"),
  queue: (control) => toggleView(control, "queue"),
  inbox: (control) => toggleView(control, "inbox"),
  log: (control) => toggleView(control, "log"),
  convoy: (control) => {
    const state = control.store.snapshot();
    const convoy = focusedPanel(state) === "convoys" ? selectedId(state, "convoys") : state.convoy;
    if (state.view !== "convoy") control.store.set({ convoy });
    toggleView(control, "convoy");
  },
  ...workActions,
  ...inboxActions,
  restart: (control) => {
    const rests = selectedAgent(control.store.snapshot());
    if (rests !== undefined && isSuspended(rests)) {
      void control.gt(["hook", "resume", rests.address]);
      return;
    }
    withSession(
      control,
      (agent) =>
        control.confirm(
          `Restart ${agent.name}?`,
          ["Its session ends and a new one goes on with the same work."],
          ["session", "restart", agent.address],
        ),
      (agent) => void control.gt(["session", "start", agent.address]),
    );
  },
  stop: (control) => {
    const ask = (agent: AgentView) =>
      control.confirm(
        `Stop ${agent.name}?`,
        [
          agent.bead === "" ? "Its session ends." : `Its session ends; ${agent.bead} stays on its hook.`,
          "The worktree is left as it is.",
        ],
        ["session", "stop", agent.address],
      );
    // What has died may still be given up.
    withSession(control, ask, ask);
  },
  acknowledge: (control) =>
    withAgent(control, (agent) =>
      control.store.set((state) => ({
        seen: new Map(state.seen).set(agent.address, { until: state.now + seenMs, health: agent.health }),
      })),
    ),
  mark: (control) =>
    withAgent(control, (agent) => {
      control.store.set((state) => {
        const marked = new Set(state.marked);
        if (!marked.delete(agent.address)) marked.add(agent.address);
        return { marked };
      });
      move(control, 1);
    }),
  filter: (control) => {
    const state = control.store.snapshot();
    const panel = focusedPanel(state);
    if (panel === undefined) return;
    const editor = lineOf(state.filters[panel] ?? "");
    control.store.set({ overlay: { kind: "filter", panel, editor } });
  },
  chooseFilter: (control) => {
    const panel = focusedPanel(control.store.snapshot());
    if (panel === "feed" || panel === "log")
      control.store.set({ overlay: { kind: "choose", panel, selected: 0 } });
  },
  exportLog,
  clear: (control) => {
    const state = control.store.snapshot();
    const panel = focusedPanel(state);
    if (panel === undefined) return leaveLook(control);
    if ((state.filters[panel] ?? "") !== "" || state.marked.size > 0)
      return control.store.set({ filters: { ...state.filters, [panel]: "" }, marked: new Set() });
    if (panel === "feed" && state.selection.feed !== undefined) return followFeed(control);
    if (state.view !== "activity") showActivity(control);
  },
  palette: (control) => control.store.set({ overlay: { kind: "palette", editor: emptyLine, selected: 0 } }),
  help: (control) => control.store.set({ overlay: { kind: "help", editor: emptyLine, scroll: 0 } }),
  undo: (control) => control.undo(),
  refresh: (control) => {
    control.refresh();
    control.toast("news", "read everything anew");
  },
  nextPart: (control) => cycle(control, 1),
  previousPart: (control) => cycle(control, -1),
  panel1: (control) => control.store.set({ view: "activity", focus: { panel: "agents" } }),
  panel2: (control) => control.store.set({ view: "activity", focus: { panel: "convoys" } }),
  panel3: (control) => control.store.set({ view: "activity", focus: { panel: "feed" } }),
  pane1: (control) => focusPane(control, 0),
  pane2: (control) => focusPane(control, 1),
  pane3: (control) => focusPane(control, 2),
  pane4: (control) => focusPane(control, 3),
  pane5: (control) => focusPane(control, 4),
  pane6: (control) => focusPane(control, 5),
  down: (control) => move(control, 1),
  up: (control) => move(control, -1),
  pageDown: (control) => move(control, pageOf(control.store.snapshot())),
  pageUp: (control) => move(control, -pageOf(control.store.snapshot())),
  top: (control) => move(control, Number.NEGATIVE_INFINITY),
  bottom: (control) => move(control, Number.POSITIVE_INFINITY),
  expand: (control) => fold(control, { isCollapsed: false }),
  collapse: (control) => fold(control, { isCollapsed: true }),
  quit: (control) => {
    if (control.store.snapshot().view === "activity") control.quit();
    else showActivity(control);
  },
  quitNow: (control) => control.quit(),
  suspend: (control) => control.suspend(),
};

function withAgent(
  control: Control,
  then: (agent: NonNullable<ReturnType<typeof selectedAgent>>) => void,
  otherwise: Action = (target) => target.toast("news", "select an agent first"),
): void {
  const agent = selectedAgent(control.store.snapshot());
  if (agent === undefined) otherwise(control);
  else then(agent);
}

/** With an agent that has a session. What the daemon does itself has none, and says so; for others one is offered. */
function withSession(
  control: Control,
  then: (agent: AgentView) => void,
  otherwise: (agent: AgentView) => void = (agent) => control.offerStart(agent),
): void {
  withAgent(control, (agent) => {
    if (hasSession(agent)) then(agent);
    else if (isBuiltin(agent))
      control.explain(explainAgent(agent, control.store.snapshot().town, control.store.snapshot().now));
    else otherwise(agent);
  });
}

function toggleView(control: Control, view: ListView): void {
  if (control.store.snapshot().view === view) showActivity(control);
  else control.store.set({ view, focus: { panel: view } });
}

function showActivity(control: Control): void {
  control.store.set({ view: "activity", focus: { panel: "agents" } });
}

function searchOn(control: Control, direction: 1 | -1): void {
  const { search, focus } = control.store.snapshot();
  if ("pane" in focus && !control.panes.search(focus.pane, search, direction))
    control.toast("news", `${search} is not there`);
}

/** Esc takes back what was looked for first, then leaves. */
function leaveLook(control: Control): void {
  const address = focusedPane(control.store.snapshot());
  const { search } = control.store.snapshot();
  if (address !== undefined && (search !== "" || control.panes.get(address)?.selection !== undefined)) {
    control.panes.deselect(address);
    control.store.set({ search: "" });
    return;
  }
  if (address !== undefined) control.panes.scroll(address, Number.NEGATIVE_INFINITY);
  actions.leavePane(control);
  // Only who leaves by Ctrl-] may mean it for the session the second time.
  control.store.set({ leftPane: undefined });
}

function showDetail(control: Control): void {
  const state = control.store.snapshot();
  const panel = focusedPanel(state);
  const id = panel === undefined ? undefined : selectedId(state, panel);
  const convoy = panel === "convoys" ? convoyRows(state).find((row) => row.id === id) : undefined;
  const isEvent = panel === "feed" || panel === "log";
  const row = isEvent
    ? (panel === "log" ? state.town.log : state.town.feed).find((candidate) => candidate.id === id)
    : undefined;
  const found =
    convoy !== undefined
      ? describeConvoy(convoy, state.town.agents)
      : row !== undefined
        ? describeRow(row)
        : undefined;
  if (found !== undefined) control.store.set({ overlay: { kind: "text", ...found, scroll: 0 } });
}

function focusPane(control: Control, index: number): void {
  const address = panesOf(control.store.snapshot().paneTree)[index];
  if (address !== undefined) control.typeInto(address);
}

/** Everything that can have the focus, in the order of the screen. Panes are looked at, so that Tab goes on from them. */
function cycle(control: Control, step: 1 | -1): void {
  const state = control.store.snapshot();
  if (state.view !== "activity") return;
  const panels: readonly PanelName[] = ["agents", "convoys"];
  const parts: readonly Focus[] = [
    ...panels.map((panel) => ({ panel })),
    ...panesOf(state.paneTree).map((pane) => ({ pane, mode: "look" as const })),
    { panel: "feed" },
  ];
  const current = parts.findIndex((part) => idOf(part) === idOf(state.focus));
  const next = parts[(current + step + parts.length) % parts.length];
  if (next !== undefined) control.store.set({ focus: next });
}

function idOf(focus: Focus): string {
  return "pane" in focus ? `pane ${focus.pane}` : focus.panel;
}

function pageOf(state: TuiState): number {
  const layout = layOut(state);
  const panel = focusedPanel(state);
  const rect = panel === undefined ? layout.panes.get(focusedPane(state) ?? "") : layout.panels.get(panel);
  return Math.max(1, (rect?.height ?? 12) - 3);
}

/** Moves the selection of the focused list, or scrolls the pane that is looked at. */
export function move(control: Control, rows: number): void {
  const state = control.store.snapshot();
  const panel = focusedPanel(state);
  if (panel === undefined) {
    const pane = focusedPane(state);
    if (pane !== undefined) control.panes.scroll(pane, -rows);
    return;
  }
  moveIn(control, panel, rows);
}

export function moveIn(control: Control, panel: PanelName, rows: number): void {
  const state = control.store.snapshot();
  const ids = rowIds(state, panel);
  if (ids.length === 0) return;
  const index = Math.max(0, Math.min(ids.length - 1, selectedIndex(state, panel, ids) + rows));
  select(control, panel, ids, index);
}

export function select(control: Control, panel: PanelName, ids: readonly string[], index: number): void {
  const id = ids[index];
  if (id === undefined) return;
  if (panel === "feed" && index === 0) {
    followFeed(control);
    return;
  }
  control.store.set((state) => ({
    selection: { ...state.selection, [panel]: id },
    ...(panel === "feed" && state.feedTop === undefined ? { feedTop: ids[0] } : {}),
  }));
}

/** Back at the top, the feed shows what comes. */
function followFeed(control: Control): void {
  control.store.set((state) => {
    const { feed: _, ...selection } = state.selection;
    return { selection, feedTop: undefined };
  });
}

function fold(control: Control, { isCollapsed }: { readonly isCollapsed: boolean }): void {
  const state = control.store.snapshot();
  const row = treeRows(state).find((candidate) => candidate.id === selectedId(state, "agents"));
  const rig = row?.kind === "rig" ? row.rig : row?.kind === "agent" ? row.agent.rig : undefined;
  if (row?.kind === "fold") {
    unfold(control, row.id);
    return;
  }
  if (rig === undefined || rig === "") return;
  const collapsed = new Set(state.collapsed);
  if (isCollapsed) collapsed.add(rig);
  else collapsed.delete(rig);
  control.store.set({
    collapsed,
    selection: { ...state.selection, ...(isCollapsed ? { agents: `rig:${rig}` } : {}) },
  });
}

function toggleFold(control: Control): void {
  const state = control.store.snapshot();
  const row = treeRows(state).find((candidate) => candidate.id === selectedId(state, "agents"));
  if (row?.kind === "fold") {
    unfold(control, row.id);
    return;
  }
  if (row?.kind === "rig") fold(control, { isCollapsed: !row.isCollapsed });
}

/** The folded idle polecats of a rig become rows of their own. */
function unfold(control: Control, id: string): void {
  control.store.set((state) => ({ collapsed: new Set(state.collapsed).add(`open:${id}`) }));
}
