import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { EdgeIndex } from "./bead-json.ts";

/** Beads and the edges between them for graph tools: Graphviz, or one `from to` pair a line. */
export function digraphLines(
  beads: readonly Bead[],
  edges: EdgeIndex,
  format: "dot" | "digraph",
): readonly string[] {
  const shown = new Set(beads.map((bead) => bead.id));
  const pairs = beads.flatMap((bead) => edges.from(bead.id).filter((edge) => shown.has(edge.to)));
  if (format === "digraph") return pairs.map((edge) => `${edge.from} ${edge.to}`);
  const quote = (text: string) => `"${sanitiseLine(text).replace(/[\\"]/g, "\\$&")}"`;
  return [
    "digraph beads {",
    ...beads.map((bead) => `  ${quote(bead.id)} [label=${quote(`${bead.id}: ${bead.title}`)}];`),
    ...pairs.map((edge) => `  ${quote(edge.from)} -> ${quote(edge.to)} [label=${quote(edge.type)}];`),
    "}",
  ];
}
