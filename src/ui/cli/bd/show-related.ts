import type { Bead, Dependency } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadDep } from "./bead-json.ts";
import { shortLine } from "./bead-page.ts";
import type { Workspace } from "./workspace.ts";

/** `bd show --children`, `--refs` and `--thread`: the beads around each bead. */
export async function showRelated(
  { flags, out }: CommandContext,
  { ledger }: Workspace,
  beads: readonly Bead[],
): Promise<void> {
  const document: Record<string, unknown> = {};
  for (const bead of beads) {
    const incoming = await ledger.dependents(bead.id);
    const edges = flags.boolean("thread")
      ? incoming.filter((edge) => edge.type === "replies-to")
      : flags.boolean("children")
        ? incoming.filter((edge) => edge.type === "parent-child")
        : incoming;
    const others = await ledger.getMany(edges.map((edge) => edge.from));
    const found = edges.flatMap((edge): readonly (readonly [Dependency, Bead])[] => {
      const other = others.get(edge.from);
      return other === undefined ? [] : [[edge, other]];
    });
    document[bead.id] = found.map(([edge, other]) => beadDep(other, edge.type));
    out.line(shortLine(bead, out.style));
    for (const [edge, other] of found) {
      out.line(
        `  ${shortLine(other, out.style)}${edge.type === "parent-child" ? "" : ` (${sanitiseLine(edge.type)})`}`,
      );
    }
    if (found.length === 0) out.line("  (none)");
  }
  out.document(document);
}
