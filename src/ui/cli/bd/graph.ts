import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson, dependencyJson, type EdgeIndex, edgeIndex } from "./bead-json.ts";
import { treeLine } from "./bead-list.ts";
import { findCycles } from "./cycles.ts";
import { digraphLines } from "./digraph.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const ordering = new Set(["blocks", "conditional-blocks", "waits-for", "parent-child"]);

/** `bd graph X` and `bd graph --all`: what can be done first, second, ... (spec/01 §10.3). */
export async function show(context: CommandContext): Promise<void> {
  const { flags, args, out } = context;
  const workspace = await openWorkspace(context);
  const beads = await beadsOf(workspace, args[0], flags.boolean("all"));
  const edges = await edgeIndex(
    workspace.ledger,
    beads.map((bead) => bead.id),
  );
  const layers = layersOf(beads, edges);
  if (flags.boolean("dot")) {
    for (const line of digraphLines(beads, edges, "dot")) out.line(line);
    return;
  }
  if (flags.boolean("html")) {
    const { graphPage } = await import("./graph-page.ts");
    out.raw(graphPage(layers, edges));
    return;
  }
  out.document({
    layers: layers.map((layer) => layer.map((bead) => bead.id)),
    nodes: beads.map((bead) => beadJson(bead)),
    edges: beads.flatMap((bead) => edges.from(bead.id).map(dependencyJson)),
  });
  if (beads.length === 0) out.line("No issues found.");
  for (const [index, layer] of layers.entries()) {
    if (flags.boolean("compact")) {
      out.line(`${index + 1}: ${layer.map((bead) => bead.id).join(" ")}`);
      continue;
    }
    out.line(out.style.bold(`Layer ${index + 1}`));
    for (const bead of layer) {
      const needs = edges
        .from(bead.id)
        .filter((edge) => ordering.has(edge.type))
        .map((edge) => edge.to);
      out.line(
        `  ${treeLine(bead, out.style)}${needs.length === 0 ? "" : out.style.muted(` ← ${needs.map(sanitiseLine).join(", ")}`)}`,
      );
    }
  }
}

/** `bd graph check`: exit 1 unless the graph has no cycles. */
export async function check(context: CommandContext): Promise<number> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const cycles = await findCycles(workspace.ledger, await workspace.ledger.blocked());
  out.document({
    clean: cycles.length === 0,
    cycles: cycles.map((cycle) => cycle.map((bead) => bead.id)),
    summary: { cycle_count: cycles.length },
  });
  if (out.json) return cycles.length === 0 ? 0 : 1;
  if (cycles.length === 0) out.done("No dependency cycles");
  for (const cycle of cycles) out.failed(`cycle: ${cycle.map((bead) => bead.id).join(" -> ")}`);
  return cycles.length === 0 ? 0 : 1;
}

async function beadsOf(
  workspace: Workspace,
  input: string | undefined,
  isAll: boolean,
): Promise<readonly Bead[]> {
  const { ledger, readScope } = workspace;
  if (isAll) {
    const scope = readScope === undefined ? {} : { scope: readScope };
    return ledger.find({
      notStatus: "closed",
      ephemeral: false,
      template: false,
      notType: ["agent", "role", "rig", "message"],
      ...scope,
    });
  }
  if (input === undefined)
    throw usageError("missing argument <id>", { hint: "bd graph <id>, or bd graph --all" });
  const seen = new Set<string>([await workspace.resolve(input)]);
  let level = [...seen];
  while (level.length > 0) {
    const edges = await ledger.edges(level);
    level = edges.flatMap((edge) => [edge.from, edge.to]).filter((id) => !seen.has(id));
    for (const id of level) seen.add(id);
    level = [...new Set(level)];
  }
  return [...(await ledger.getMany([...seen])).values()];
}

/** Beads by how many steps must come before them; members of a cycle come last. */
function layersOf(beads: readonly Bead[], edges: EdgeIndex): readonly (readonly Bead[])[] {
  const left = new Map(beads.map((bead) => [bead.id, bead]));
  const layers: (readonly Bead[])[] = [];
  while (left.size > 0) {
    const free = [...left.values()].filter((bead) =>
      edges.from(bead.id).every((edge) => !ordering.has(edge.type) || !left.has(edge.to)),
    );
    const layer = free.length > 0 ? free : [...left.values()];
    for (const bead of layer) left.delete(bead.id);
    layers.push(layer);
  }
  return layers;
}
