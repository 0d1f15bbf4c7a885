import type { Dependency } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadDep, dependencyJson } from "./bead-json.ts";
import { priorityMark, statusIcon } from "./bead-text.ts";
import { resolveBeads } from "./resolve-beads.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd dep list` (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const inputs = [...context.args, ...context.rest];
  const { beads, failures } = await resolveBeads(workspace, inputs);
  if (beads.length === 0 && failures[0] !== undefined) throw failures[0];
  for (const failure of failures) out.warn(failure.message);
  const isDown = flags.string("direction") !== "up";
  const type = flags.string("type")?.trim().replaceAll("_", "-");
  const edges: Dependency[] = [];
  for (const bead of beads) {
    const own = isDown
      ? await workspace.ledger.dependencies(bead.id)
      : await workspace.ledger.dependents(bead.id);
    edges.push(...own.filter((edge) => type === undefined || edge.type === type));
  }
  if (inputs.length > 1 && isDown && out.json) {
    out.document(edges.map(dependencyJson));
    return;
  }
  const endOf = (edge: Dependency) => (isDown ? edge.to : edge.from);
  const others = await workspace.ledger.getMany(edges.map(endOf));
  out.document(
    edges.flatMap((edge) => {
      const other = others.get(endOf(edge));
      return other === undefined ? [] : [beadDep(other, edge.type)];
    }),
  );
  if (edges.length === 0) out.line(isDown ? "No dependencies" : "No dependents");
  for (const edge of edges) {
    const other = others.get(endOf(edge));
    const shown =
      other === undefined
        ? `? ${sanitiseLine(endOf(edge))}`
        : `${statusIcon(other, out.style)} ${other.id}: ${sanitiseLine(other.title)} [${priorityMark(other, out.style)}]`;
    out.line(`  ${shown} via ${sanitiseLine(edge.type)}`);
  }
}
