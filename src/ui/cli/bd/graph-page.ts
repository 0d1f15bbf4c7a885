import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { EdgeIndex } from "./bead-json.ts";

const columnWidth = 280;
const rowHeight = 56;

/** The layered graph as a page of its own, without scripts. */
export function graphPage(layers: readonly (readonly Bead[])[], edges: EdgeIndex): string {
  const places = new Map<string, { readonly x: number; readonly y: number }>();
  for (const [column, layer] of layers.entries()) {
    for (const [row, bead] of layer.entries())
      places.set(bead.id, { x: 20 + column * columnWidth, y: 20 + row * rowHeight });
  }
  const width = 20 + layers.length * columnWidth;
  const height = 40 + Math.max(0, ...layers.map((layer) => layer.length)) * rowHeight;
  const beads = layers.flat();
  const lines = beads.flatMap((bead) =>
    edges.from(bead.id).flatMap((edge) => {
      const from = places.get(edge.to);
      const to = places.get(edge.from);
      if (from === undefined || to === undefined) return [];
      return [
        `<line x1="${from.x + 230}" y1="${from.y + 20}" x2="${to.x}" y2="${to.y + 20}" stroke="#888"/>`,
      ];
    }),
  );
  const boxes = beads.map((bead) => {
    const { x, y } = places.get(bead.id) ?? { x: 0, y: 0 };
    const title = sanitiseLine(bead.title);
    const shown = title.length > 34 ? `${title.slice(0, 33)}…` : title;
    return `<g><title>${escapeHtml(title)}</title><rect x="${x}" y="${y}" width="230" height="40" rx="6" fill="#f4f4f4" stroke="#555"/><text x="${x + 8}" y="${y + 16}" font-weight="bold">${escapeHtml(bead.id)} · ${escapeHtml(bead.status)}</text><text x="${x + 8}" y="${y + 32}">${escapeHtml(shown)}</text></g>`;
  });
  return `<!doctype html>
<meta charset="utf-8">
<title>Beads</title>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
${[...lines, ...boxes].join("\n")}
</svg>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
