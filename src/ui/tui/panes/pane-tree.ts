import type { Rect } from "../screen/cell-grid.ts";

/** How the session panes share their area. */
export type PaneTree =
  | { readonly pane: string }
  | { readonly split: "right" | "down"; readonly first: PaneTree; readonly second: PaneTree };

/** More panes than this are too small to read on any screen. */
export const paneLimit = 6;

export function panesOf(tree: PaneTree | undefined): readonly string[] {
  if (tree === undefined) return [];
  return "pane" in tree ? [tree.pane] : [...panesOf(tree.first), ...panesOf(tree.second)];
}

/** Splits `beside` (or everything, when it is not there) and puts the new pane right of or below it. */
export function splitTree(
  tree: PaneTree | undefined,
  pane: string,
  split: "right" | "down",
  beside?: string,
): PaneTree {
  if (tree === undefined) return { pane };
  if (beside === undefined || !panesOf(tree).includes(beside))
    return { split, first: tree, second: { pane } };
  if ("pane" in tree) return { split, first: tree, second: { pane } };
  return panesOf(tree.first).includes(beside)
    ? { ...tree, first: splitTree(tree.first, pane, split, beside) }
    : { ...tree, second: splitTree(tree.second, pane, split, beside) };
}

export function removeFromTree(tree: PaneTree | undefined, pane: string): PaneTree | undefined {
  if (tree === undefined) return undefined;
  if ("pane" in tree) return tree.pane === pane ? undefined : tree;
  const first = removeFromTree(tree.first, pane);
  const second = removeFromTree(tree.second, pane);
  if (first === undefined) return second;
  if (second === undefined) return first;
  return { ...tree, first, second };
}

export function replaceInTree(tree: PaneTree, old: string, pane: string): PaneTree {
  if ("pane" in tree) return tree.pane === old ? { pane } : tree;
  return {
    ...tree,
    first: replaceInTree(tree.first, old, pane),
    second: replaceInTree(tree.second, old, pane),
  };
}

/** The rectangle of each pane, frames included. Panes in one row (or column) share it evenly. */
export function paneRects(tree: PaneTree | undefined, area: Rect): ReadonlyMap<string, Rect> {
  const rects = new Map<string, Rect>();
  if (tree !== undefined) place(tree, area, rects);
  return rects;
}

function place(tree: PaneTree, area: Rect, rects: Map<string, Rect>): void {
  if ("pane" in tree) {
    rects.set(tree.pane, area);
    return;
  }
  const share = weight(tree.first, tree.split) / weight(tree, tree.split);
  if (tree.split === "right") {
    const width = Math.round(area.width * share);
    place(tree.first, { ...area, width }, rects);
    place(tree.second, { ...area, x: area.x + width, width: area.width - width }, rects);
  } else {
    const height = Math.round(area.height * share);
    place(tree.first, { ...area, height }, rects);
    place(tree.second, { ...area, y: area.y + height, height: area.height - height }, rects);
  }
}

function weight(tree: PaneTree, split: "right" | "down"): number {
  if ("pane" in tree || tree.split !== split) return 1;
  return weight(tree.first, split) + weight(tree.second, split);
}
