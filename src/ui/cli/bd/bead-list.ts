import type { Bead, Dependency } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Style } from "../style.ts";
import { type EdgeIndex, parentIn } from "./bead-json.ts";
import { priorityMark, statusIcon } from "./bead-text.ts";

const blocking = new Set(["blocks", "conditional-blocks", "waits-for"]);

/** Beads as a tree by parent: `<icon> <id> ● P<n> [type] <title>`, with a footer that counts (spec/01 §10.3). */
export function treeLines(beads: readonly Bead[], edges: EdgeIndex, style: Style): readonly string[] {
  const shown = new Set(beads.map((bead) => bead.id));
  const parentOf = new Map(beads.map((bead) => [bead.id, listedParent(bead, edges, shown)]));
  const children = Map.groupBy(beads, (bead) => parentOf.get(bead.id));
  const lines: string[] = [];
  const drawn = new Set<string>();
  const draw = (bead: Bead, head: string, indent: string): void => {
    if (drawn.has(bead.id)) return;
    drawn.add(bead.id);
    lines.push(`${head}${treeLine(bead, style)}`);
    const below = children.get(bead.id) ?? [];
    for (const [index, child] of below.entries()) {
      const isLast = index === below.length - 1;
      draw(child, `${indent}${isLast ? "└── " : "├── "}`, `${indent}${isLast ? "    " : "│   "}`);
    }
  };
  for (const root of children.get(undefined) ?? []) draw(root, "", "");
  // Beads on a loop of parents have no root; they are shown all the same.
  for (const bead of beads) draw(bead, "", "");
  return [...lines, "", footer(beads)];
}

/** The parent if it is in the list: by its edge, or by the dot of the id for beads that have no edge. */
function listedParent(bead: Bead, edges: EdgeIndex, shown: ReadonlySet<string>): string | undefined {
  const parent = parentIn(edges.from(bead.id)) ?? bead.id.slice(0, Math.max(0, bead.id.lastIndexOf(".")));
  return shown.has(parent) && parent !== bead.id ? parent : undefined;
}

export function treeLine(bead: Bead, style: Style): string {
  const type = ["epic", "bug"].includes(bead.type) ? ` [${bead.type}]` : "";
  return `${statusIcon(bead, style)} ${bead.id} ${priorityMark(bead, style)}${type} ${sanitiseLine(bead.title)}`;
}

/** `Total: 12 issues (9 open, 3 in progress)`. */
export function footer(beads: readonly Bead[]): string {
  const counts = [...Map.groupBy(beads, (bead) => bead.status)].map(
    ([status, members]) => `${members.length} ${sanitiseLine(status.replaceAll("_", " "))}`,
  );
  return `Total: ${beads.length} issue${beads.length === 1 ? "" : "s"} (${counts.join(", ")})`;
}

/** `<icon> <id> [● P1] [bug] @assignee [labels] - Title (parent: X, blocked by: Y, blocks: Z)`. */
export function flatLines(beads: readonly Bead[], edges: EdgeIndex, style: Style): readonly string[] {
  return beads.map((bead) => {
    const parts = [
      statusIcon(bead, style),
      bead.id,
      `[${priorityMark(bead, style)}]`,
      `[${sanitiseLine(bead.type)}]`,
      ...(bead.assignee === "" ? [] : [`@${sanitiseLine(bead.assignee)}`]),
      ...(bead.labels.length === 0 ? [] : [`[${bead.labels.map(sanitiseLine).join(", ")}]`]),
    ];
    return `${parts.join(" ")} - ${sanitiseLine(bead.title)}${relations(bead, edges)}`;
  });
}

/** The short form for agents: `id: title (parent: .., blocked by: .., blocks: ..)`. */
export function agentLines(beads: readonly Bead[], edges: EdgeIndex): readonly string[] {
  return beads.map((bead) => `${bead.id}: ${sanitiseLine(bead.title)}${relations(bead, edges)}`);
}

export function longLines(beads: readonly Bead[], edges: EdgeIndex, style: Style): readonly string[] {
  return flatLines(beads, edges, style).flatMap((line, index) => {
    const description = beads[index]?.description ?? "";
    return description === "" ? [line] : [line, `    ${sanitiseLine(description).slice(0, 200)}`];
  });
}

function relations(bead: Bead, edges: EdgeIndex): string {
  const parent = parentIn(edges.from(bead.id));
  const ids = (list: readonly Dependency[], end: "from" | "to") =>
    list.filter((edge) => blocking.has(edge.type)).map((edge) => edge[end]);
  const blockers = bead.status === "closed" ? [] : ids(edges.from(bead.id), "to");
  const waiting = ids(edges.to(bead.id), "from");
  const parts = [
    ...(parent === undefined ? [] : [`parent: ${parent}`]),
    ...(blockers.length === 0 ? [] : [`blocked by: ${blockers.join(", ")}`]),
    ...(waiting.length === 0 ? [] : [`blocks: ${waiting.join(", ")}`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.map(sanitiseLine).join(", ")})`;
}
