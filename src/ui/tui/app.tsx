import { Box, Text } from "ink";
import { memo, type ReactNode, useSyncExternalStore } from "react";
import { type Layout, layOut } from "./layout.ts";
import type { Rect } from "./screen/cell-grid.ts";
import { focusedPane, focusedPanel, type PanelName, type TuiState } from "./store/state.ts";
import type { Store } from "./store/store.ts";
import { agentsLines } from "./views/agents-panel.ts";
import { convoysLines } from "./views/convoys-panel.ts";
import { feedLines, newRowsAbove } from "./views/feed-panel.ts";
import { footerLine } from "./views/footer.ts";
import { headerLine } from "./views/header.ts";
import { overlayView } from "./views/overlays.ts";
import { frameLines, Lines, type Look } from "./views/panel.tsx";
import { paneNote, paneTitle } from "./views/pane-frame.ts";
import { problemsLines } from "./views/problems-view.ts";
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
    <Box width={state.columns} height={state.rows} overflow="hidden">
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
        <Lines key={name} rect={rect} lines={panelLines(name, rect, state, look)} />
      ))}
      {[...layout.summaries].map(([name, rect]) => (
        <Lines key={name} rect={rect} lines={[summaryLine(name, state, look)]} />
      ))}
      {[...layout.panes].map(([address, rect]) => (
        <Lines key={address} rect={rect} lines={paneLines(address, rect, state, look)} />
      ))}
      {toasts && <Lines rect={toasts.rect} lines={toasts.lines} />}
      {overlay && (
        <Lines
          rect={overlay.rect}
          lines={frameLines(
            overlay.rect,
            look,
            { title: overlay.title, note: overlay.note, isFocused: true },
            overlay.lines,
          )}
        />
      )}
      <Lines rect={layout.footer} lines={[footerLine(state, look, layout.footer.width)]} />
    </>
  );
});

function panelLines(name: PanelName, rect: Rect, state: TuiState, look: Look): readonly Line[] {
  const width = rect.width - 2;
  const height = rect.height - 2;
  const draw = { agents: agentsLines, convoys: convoysLines, feed: feedLines, problems: problemsLines }[name];
  return frameLines(
    rect,
    look,
    {
      title: [span(titleOf(name, state))],
      note: noteOf(name, state, look),
      isFocused: focusedPanel(state) === name,
    },
    draw(state, look, width, height),
  );
}

const titles: Readonly<Record<PanelName, string>> = {
  agents: "1 Agents",
  convoys: "2 Convoys",
  feed: "3 Feed",
  problems: "Problems",
};

function titleOf(name: PanelName, state: TuiState): string {
  const filter = state.filters[name] ?? "";
  return filter === "" ? titles[name] : `${titles[name]} · /${filter}`;
}

function noteOf(name: PanelName, state: TuiState, look: Look): Line {
  if (name === "agents" && state.marked.size > 0)
    return [bold(`${state.marked.size} marked`, look.theme.accent)];
  const fresh = name === "feed" ? newRowsAbove(state) : 0;
  return fresh > 0 ? [bold(`${look.symbols.up} ${fresh} new`, look.theme.care)] : [];
}

function paneLines(address: string, rect: Rect, state: TuiState, look: Look): readonly Line[] {
  const pane = state.panes.get(address);
  if (pane === undefined) return [];
  const message = pane.status === "absent" ? [[], [span(`  ${pane.note}`, look.theme.muted)]] : [];
  return frameLines(
    rect,
    look,
    {
      title: paneTitle(pane, state, look),
      note: paneNote(pane, state, look),
      isFocused: focusedPane(state) === address,
    },
    message,
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
