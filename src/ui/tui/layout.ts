import { type PaneTree, paneRects } from "./panes/pane-tree.ts";
import type { Rect } from "./screen/cell-grid.ts";
import type { Focus, PanelName, View } from "./store/state.ts";

export interface LayoutInput {
  readonly columns: number;
  readonly rows: number;
  readonly view: View;
  readonly focus: Focus;
  readonly paneTree: PaneTree | undefined;
  readonly isZoomed: boolean;
}

export interface Layout {
  /** `wide`: everything side by side; `column`: the focused part large, the others as lines; `single`: one part; `tiny`: one line of text. */
  readonly kind: "wide" | "column" | "single" | "tiny";
  readonly header: Rect;
  readonly footer: Rect;
  readonly body: Rect;
  readonly panels: ReadonlyMap<PanelName, Rect>;
  /** Panels that show as one line. */
  readonly summaries: ReadonlyMap<PanelName, Rect>;
  /** More about the selected row of a list view, where there is room for it. */
  readonly detail: Rect | undefined;
  /** Session panes, frames included. */
  readonly panes: ReadonlyMap<string, Rect>;
}

const activityPanels: readonly PanelName[] = ["agents", "convoys", "feed"];

/** Where everything goes; pure, so that Ink, the compositor and the mouse agree about it. */
export function layOut(input: LayoutInput): Layout {
  const { columns, rows } = input;
  const line = (y: number): Rect => ({ x: 0, y, width: columns, height: 1 });
  const body: Rect = { x: 0, y: 1, width: columns, height: Math.max(0, rows - 2) };
  const frame = { header: line(0), footer: line(rows - 1), body };
  if (columns < 36 || rows < 8)
    return {
      ...frame,
      kind: "tiny",
      panels: new Map(),
      summaries: new Map(),
      panes: new Map(),
      detail: undefined,
    };
  const kind = columns < 60 || rows < 16 ? "single" : columns < 100 || rows < 20 ? "column" : "wide";
  const parts = placeParts(input, kind, body);
  return { ...frame, kind, ...parts };
}

type Parts = Pick<Layout, "panels" | "summaries" | "panes" | "detail">;

const detailedViews: readonly View[] = ["problems", "beads", "convoy", "queue", "inbox"];
const detailFrom = 110;

function placeParts(input: LayoutInput, kind: "wide" | "column" | "single", body: Rect): Parts {
  const none = { panels: new Map(), summaries: new Map(), panes: new Map(), detail: undefined };
  if (input.view === "log" && kind === "wide") return { ...none, panels: logPanels(body) };
  if (input.view !== "activity") {
    const hasDetail = detailedViews.includes(input.view) && body.width >= detailFrom;
    const width = hasDetail ? Math.round(body.width * 0.56) : body.width;
    return {
      ...none,
      panels: new Map([[input.view, { ...body, width }]]),
      detail: hasDetail ? { ...body, x: width, width: body.width - width } : undefined,
    };
  }
  const pane = "pane" in input.focus ? input.focus.pane : undefined;
  if (pane !== undefined && (input.isZoomed || kind === "single"))
    return { ...none, panes: new Map([[pane, body]]) };
  if (kind === "wide") return wideParts(input, body);
  const panel = "panel" in input.focus ? input.focus.panel : undefined;
  if (kind === "single") return { ...none, panels: new Map([[panel ?? "agents", body]]) };
  return columnParts(body, panel, pane);
}

function columnParts(body: Rect, panel: PanelName | undefined, pane: string | undefined): Parts {
  const folded = activityPanels.filter((name) => name !== panel);
  const large = { ...body, height: body.height - folded.length };
  const summaries = new Map<PanelName, Rect>(
    folded.map((name, index) => [name, { ...body, y: body.y + large.height + index, height: 1 }]),
  );
  return {
    panels: panel === undefined ? new Map() : new Map([[panel, large]]),
    summaries,
    panes: pane === undefined ? new Map() : new Map([[pane, large]]),
    detail: undefined,
  };
}

/** Beside the log, the tree and the convoys show the moment that it is scrolled back to. */
function logPanels(body: Rect): ReadonlyMap<PanelName, Rect> {
  const { left, agentsHeight } = leftColumn(body, 0.25);
  return new Map<PanelName, Rect>([
    ["log", { ...body, x: left, width: body.width - left }],
    ...sidePanels(body, left, agentsHeight),
  ]);
}

/** `share` of the width for the lists: with no terminal open beside them, there is room for what agents work on. */
function leftColumn(body: Rect, share: number): { readonly left: number; readonly agentsHeight: number } {
  return {
    left: Math.min(Math.round(190 * share), Math.max(34, Math.round(body.width * share))),
    agentsHeight: Math.round(body.height * 0.62),
  };
}

function sidePanels(
  body: Rect,
  width: number,
  agentsHeight: number,
): readonly (readonly [PanelName, Rect])[] {
  return [
    ["agents", { ...body, width, height: agentsHeight }],
    ["convoys", { ...body, y: body.y + agentsHeight, width, height: body.height - agentsHeight }],
  ];
}

function wideParts(input: LayoutInput, body: Rect): Parts {
  const hasPanes = input.paneTree !== undefined;
  const { left, agentsHeight } = leftColumn(body, hasPanes ? 0.25 : 0.4);
  const main: Rect = { ...body, x: left, width: body.width - left };
  const feedHeight = hasPanes ? Math.min(10, Math.max(5, Math.round(body.height * 0.2))) : body.height;
  const paneArea = { ...main, height: main.height - feedHeight };
  return {
    panels: new Map<PanelName, Rect>([
      ...sidePanels(body, left, agentsHeight),
      ["feed", { ...main, y: main.y + paneArea.height, height: feedHeight }],
    ]),
    summaries: new Map(),
    panes: paneRects(input.paneTree, paneArea),
    detail: undefined,
  };
}

/** The inside of a framed rectangle. */
export function inside(rect: Rect): Rect {
  return {
    x: rect.x + 1,
    y: rect.y + 1,
    width: Math.max(0, rect.width - 2),
    height: Math.max(0, rect.height - 2),
  };
}
