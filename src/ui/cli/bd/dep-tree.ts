import { usageError } from "../../../core/gt-error.ts";
import type { Bead, Dependency } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { priorityMark, statusIcon } from "./bead-text.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

interface TreeNode {
  readonly bead: Bead;
  readonly depth: number;
  readonly parentId: string;
  readonly edgeType?: string;
  /** The depth limit cut off what is below. */
  readonly isTruncated: boolean;
  readonly isRepeated: boolean;
}

/** `bd dep tree` (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, args } = context;
  const workspace = await openWorkspace(context);
  const root = await workspace.resolve(args[0] ?? "");
  const depth = flags.integer("depth") ?? 50;
  if (depth < 1) throw usageError("--depth must be at least 1");
  const direction = flags.string("direction") ?? "down";
  const directions =
    direction === "both"
      ? (["up", "down"] as const)
      : [direction === "up" ? ("up" as const) : ("down" as const)];
  const nodes: TreeNode[] = [];
  for (const one of directions) {
    const found = await treeOf(workspace, root, one, { depth, isExpanded: flags.boolean("show-all-paths") });
    nodes.push(...(nodes.length > 0 ? found.slice(1) : found));
  }
  const status = flags.string("status");
  const shown =
    status === undefined ? nodes : nodes.filter((node) => node.depth === 0 || node.bead.status === status);
  if (flags.string("format") === "mermaid") {
    for (const line of mermaidLines(shown, direction)) out.line(line);
    out.document({ mermaid: mermaidLines(shown, direction).join("\n") });
    return;
  }
  out.document(shown.map(nodeJson));
  for (const [index, node] of shown.entries())
    out.line(`${branches(shown, index)}${nodeLine(node, out.style)}`);
}

async function treeOf(
  { ledger }: Workspace,
  root: string,
  direction: "up" | "down",
  options: { readonly depth: number; readonly isExpanded: boolean },
): Promise<TreeNode[]> {
  const nodes: TreeNode[] = [];
  const seen = new Set<string>();
  const cache = new Map<string, readonly Dependency[]>();
  const edgesOf = async (id: string) => {
    const known =
      cache.get(id) ?? (direction === "down" ? await ledger.dependencies(id) : await ledger.dependents(id));
    cache.set(id, known);
    return known;
  };
  const visit = async (
    id: string,
    depth: number,
    parentId: string,
    edgeType: string | undefined,
    path: readonly string[],
  ) => {
    const bead = await ledger.get(id);
    if (bead === undefined) return;
    const isRepeated = path.includes(id) || (!options.isExpanded && seen.has(id));
    const edges = isRepeated ? [] : await edgesOf(id);
    const isTruncated = depth >= options.depth && edges.length > 0;
    nodes.push({
      bead,
      depth,
      parentId,
      isTruncated,
      isRepeated,
      ...(edgeType === undefined ? {} : { edgeType }),
    });
    seen.add(id);
    if (isTruncated) return;
    for (const edge of edges) {
      await visit(direction === "down" ? edge.to : edge.from, depth + 1, id, edge.type, [...path, id]);
    }
  };
  await visit(root, 0, "", undefined, []);
  return nodes;
}

function nodeJson(node: TreeNode) {
  return {
    ...beadJson(node.bead),
    depth: node.depth,
    parent_id: node.parentId,
    ...(node.edgeType === undefined ? {} : { edge_from_parent: node.edgeType }),
    truncated: node.isTruncated,
  };
}

/** The lines that lead to a node from the nodes above it. */
function branches(nodes: readonly TreeNode[], index: number): string {
  const { depth } = nodes[index] ?? { depth: 0 };
  /** Whether something follows on this level, below the same node. */
  const goesOn = (level: number) =>
    nodes.slice(index + 1).find((node) => node.depth <= level)?.depth === level;
  const above = Array.from({ length: Math.max(0, depth - 1) }, (_, n) => (goesOn(n + 1) ? "│   " : "    "));
  return depth === 0 ? "" : `${above.join("")}${goesOn(depth) ? "├── " : "└── "}`;
}

function nodeLine(node: TreeNode, style: CommandContext["out"]["style"]): string {
  const { bead, depth } = node;
  const isOpen = depth === 0 && bead.status !== "closed";
  const state = isOpen ? ` [${bead.isBlocked ? "BLOCKED" : "READY"}]` : "";
  const note = node.isRepeated ? " (shown above)" : node.isTruncated ? " …" : "";
  return `${statusIcon(bead, style)} ${bead.id}: ${sanitiseLine(bead.title)} [${priorityMark(bead, style)}]${state}${note}`;
}

function mermaidLines(nodes: readonly TreeNode[], direction: string): readonly string[] {
  const name = (id: string) => id.replace(/[^A-Za-z0-9]/g, "_");
  const lines = ["flowchart TD"];
  const labelled = new Set<string>();
  for (const { bead } of nodes) {
    if (labelled.has(bead.id)) continue;
    labelled.add(bead.id);
    lines.push(
      `  ${name(bead.id)}["${sanitiseLine(`${bead.id}: ${bead.title}`).replaceAll('"', "#quot;")}"]`,
    );
  }
  for (const { bead, parentId } of nodes) {
    if (parentId === "") continue;
    lines.push(
      direction === "up"
        ? `  ${name(bead.id)} --> ${name(parentId)}`
        : `  ${name(parentId)} --> ${name(bead.id)}`,
    );
  }
  return lines;
}
