import { moleculeAbove } from "../../../core/formulas/molecule.ts";
import { stepRecord } from "../../../core/formulas/molecule-record.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { reread } from "./each-bead.ts";
import type { Workspace } from "./workspace.ts";

/** The root that an argument names; a step stands for its molecule, nothing for what the caller works by. */
export async function rootOf(workspace: Workspace, input: string | undefined): Promise<Bead> {
  if (input === undefined) return ownRoot(workspace);
  const bead = await reread(workspace, await workspace.resolve(input));
  if (stepRecord(bead) === undefined) return bead;
  return (await moleculeAbove(workspace.ledger, bead)) ?? bead;
}

async function ownRoot(workspace: Workspace): Promise<Bead> {
  const [root] = await rootsOf(workspace, workspace.actor);
  if (root !== undefined) return root;
  throw new GtError("E_NO_MOLECULE", "no molecule is in your hands", { hint: "bd mol list" });
}

/** Molecules that the agent works by: hooked or begun themselves, or guiding what it holds. */
export async function rootsOf({ ledger }: Workspace, agent: string): Promise<readonly Bead[]> {
  const held = await ledger.find({ assignee: agent, status: ["hooked", "in_progress"] });
  const attached = held.flatMap(({ metadata }) => {
    const own = metadata["attachment"] as { readonly molecule?: unknown } | undefined;
    return typeof own?.molecule === "string" && own.molecule !== "" ? [own.molecule] : [];
  });
  const above: Bead[] = [];
  for (const bead of held) {
    const root = bead.type === "molecule" ? bead : stepRecord(bead) && (await moleculeAbove(ledger, bead));
    if (root !== undefined) above.push(root);
  }
  const all = [...(await ledger.getMany(attached)).values(), ...above];
  return [...new Map(all.map((root) => [root.id, root])).values()];
}
