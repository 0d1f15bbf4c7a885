import { Box, Text } from "ink";
import { memo, type ReactNode, useSyncExternalStore } from "react";
import { inside, type Layout, layOut } from "./layout.ts";
import type { Rect } from "./screen/cell-grid.ts";
import { rewind, shownMoment } from "./store/rewind.ts";
import { focusedPane, focusedPanel, type PanelName, type TuiState } from "./store/state.ts";
import type { Store } from "./store/store.ts";
import { detailLines, detailTitle } from "./views/detail-panel.ts";
import { newRowsAbove } from "./views/feed-panel.ts";
import { footerLine } from "./views/footer.ts";
import { formatClock } from "./views/format.ts";
import { headerLine } from "./views/header.ts";
import { overlayView } from "./views/overlays.ts";
import { Lines, type Look, Panel } from "./views/panel.tsx";
import { panelLines } from "./views/panel-lines.ts";
import { paneNote, paneTitle } from "./views/pane-frame.ts";
import { bold, type Line, span } from "./views/spans.ts";
import { summaryLine } from "./views/summary.ts";
import { toastLines } from "./views/toasts.ts";

export interface AppProps {
  readonly store: Store;
  readonly look: Look;
}

/** The whole screen as a function of the store. Session panes are drawn as empty frames; the compositor fills them. */
export function App({ store, look }: AppProps): ReactNode {
  const state = useSyncExternalStore(store.subscribe, store.snapshot);
  return <Screen state={state} look={look} />;
}

export function Screen({ state, look }: { readonly state: TuiState; readonly look: Look }): ReactNode {
  const layout = layOut(state);
  return (
    <Box width={state.columns} height={state.rows}>
      {layout.kind === "tiny" ? (
        <TooSmall state={state} />
      ) : (
        <Parts state={state} look={look} layout={layout} />
      )}
    </Box>
  );
}

interface PartsProps {
  readonly state: TuiState;
  readonly look: Look;
  readonly layout: Layout;
}

const Parts = memo(function Parts({ state, look, layout }: PartsProps): ReactNode {
  const overlay = overlayView(state, look);
  const toasts = toastLines(state, look);
  return (
    <>
      <Lines rect={layout.header} lines={[headerLine(state, look, layout.header.width)]} />
      {[...layout.panels].map(([name, rect]) => (
        <ListPanel key={name} name={name} rect={rect} state={state} look={look} />
      ))}
      {[...layout.summaries].map(([name, rect]) => (
        <Lines key={name} rect={rect} lines={[summaryLine(name, state, look)]} />
      ))}
      {layout.detail && <DetailPanel rect={layout.detail} state={state} look={look} />}
      {[...layout.panes].map(([address, rect]) => (
        <PaneFrame key={address} address={address} rect={rect} state={state} look={look} />
      ))}
      {toasts && <Lines rect={toasts.rect} lines={toasts.lines} />}
      {overlay && <Panel {...overlay} look={look} isFocused isOpaque />}
      <Lines rect={layout.footer} lines={[footerLine(state, look, layout.footer.width)]} />
    </>
  );
});

interface PartProps {
  readonly rect: Rect;
  readonly state: TuiState;
  readonly look: Look;
}

function ListPanel(props: PartProps & { readonly name: PanelName }): ReactNode {
  const { name, rect, look } = props;
  const state = name === "log" ? props.state : asOfMoment(props.state);
  return (
    <Panel
      rect={rect}
      look={look}
      title={[span(titleOf(name, state))]}
      note={noteOf(name, state, look)}
      isFocused={focusedPanel(state) === name}
      lines={panelLines(name, rect, state, look)}
    />
  );
}

function DetailPanel({ rect, state, look }: PartProps): ReactNode {
  const { width, height } = inside(rect);
  return (
    <Panel
      rect={rect}
      look={look}
      title={detailTitle(state, look)}
      note={[]}
      isFocused={false}
      lines={detailLines(state, look, width, height)}
    />
  );
}

const titles: Readonly<Record<PanelName, string>> = {
  agents: "1 Agents",
  convoys: "2 Convoys",
  feed: "3 Feed",
  problems: "Problems",
  beads: "Beads",
  convoy: "Convoy",
  queue: "Merge queue",
  inbox: "Inbox",
  log: "Log",
};

function titleOf(name: PanelName, state: TuiState): string {
  const filter = state.filters[name] ?? "";
  const mark = name === "feed" || name === "log" ? "" : "/";
  return filter === "" ? titles[name] : `${titles[name]} · ${mark}${filter}`;
}

function noteOf(name: PanelName, state: TuiState, look: Look): Line {
  if (name === "agents" && state.marked.size > 0)
    return [bold(`${state.marked.size} marked`, look.theme.accent)];
  const moment = shownMoment(state);
  if (moment !== undefined && (name === "agents" || name === "convoys"))
    return [bold(`${state.town.past?.isPartial ? "about " : ""}${formatClock(moment)}`, look.theme.care)];
  const fresh = name === "feed" ? newRowsAbove(state) : 0;
  return fresh > 0 ? [bold(`${look.symbols.up} ${fresh} new`, look.theme.care)] : [];
}

/** Beside the log, what was; everywhere else, what is. */
function asOfMoment(state: TuiState): TuiState {
  const { past } = state.town;
  return shownMoment(state) === undefined || past === undefined
    ? state
    : { ...state, town: rewind(state.town, past) };
}

function PaneFrame({ address, rect, state, look }: PartProps & { readonly address: string }): ReactNode {
  const pane = state.panes.get(address);
  if (pane === undefined) return null;
  return (
    <Panel
      rect={rect}
      look={look}
      title={paneTitle(pane, state, look)}
      note={paneNote(pane, state, look)}
      isFocused={focusedPane(state) === address}
      lines={pane.status === "absent" ? [[], [span(`  ${pane.note}`, look.theme.muted)]] : []}
    />
  );
}

/** Less than a panel's worth of room: one clear line, wrapped where it must be. */
function TooSmall({ state }: { readonly state: TuiState }): ReactNode {
  return (
    <Box width={state.columns} height={state.rows} overflow="hidden">
      <Text wrap="wrap">{`${state.columns}x${state.rows} is too small. Enlarge, or q: quit`}</Text>
    </Box>
  );
}
