import type { Bead } from "../../../core/ledger/bead.ts";
import type { Workspace } from "./workspace.ts";

/** Root of the nearest molecule that a step belongs to; undefined for a bead outside of any (spec/01 §5.3). */
export async function moleculeOf(
  { ledger }: Pick<Workspace, "ledger">,
  step: Bead,
): Promise<Bead | undefined> {
  const seen = new Set<string>();
  for (let at: Bead | undefined = step; at !== undefined && !seen.has(at.id); ) {
    seen.add(at.id);
    const parentId: string | undefined = (await ledger.dependencies(at.id)).find(
      (edge) => edge.type === "parent-child",
    )?.to;
    if (parentId === undefined) return undefined;
    at = await ledger.get(parentId);
    if (at !== undefined && (at.type === "molecule" || at.ephemeral || at.labels.includes("template")))
      return at;
  }
  return undefined;
}
