import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { moleculeAbove } from "../../../core/formulas/molecule.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

interface GatedMolecule {
  readonly root: Bead;
  readonly gate: Bead;
  readonly step: Bead;
}

/** `bd mol ready --gated`. */
export async function run(context: CommandContext): Promise<void> {
  return showGated(context, await openWorkspace(context));
}

/** `bd ready --gated`: molecules whose gate has closed, with a ready step and nobody at work in them (spec/02 §13.3). */
export async function showGated({ out }: CommandContext, workspace: Workspace): Promise<void> {
  const molecules = await gatedMolecules(workspace);
  out.document({
    molecules: molecules.map(({ root, gate, step }) => ({
      molecule_id: root.id,
      molecule_title: root.title,
      closed_gate: beadJson(gate),
      ready_step: beadJson(step),
    })),
    count: molecules.length,
  });
  for (const { root, gate, step } of molecules) {
    out.line(nameBead(root, workspace));
    out.line(`  gate closed: ${nameBead(gate, workspace)}`);
    out.line(`  ready: ${nameBead(step, workspace)}`);
  }
  if (molecules.length === 0) out.line("No molecules wait for work after a gate");
}

async function gatedMolecules(workspace: Workspace): Promise<readonly GatedMolecule[]> {
  const { ledger, readScope } = workspace;
  const found = new Map<string, GatedMolecule>();
  const steps = await ledger.ready({
    includeEphemeral: true,
    limit: 0,
    ...(readScope === undefined ? {} : { scope: readScope }),
  });
  const edges = Map.groupBy(await ledger.edges(steps.map(({ id }) => id)), ({ from }) => from);
  for (const step of steps) {
    const blockers = (edges.get(step.id) ?? []).filter(({ type }) => type === "blocks").map(({ to }) => to);
    const gate = [...(await ledger.getMany(blockers)).values()].find(
      ({ type, status }) => type === "gate" && status === "closed",
    );
    if (gate === undefined) continue;
    const root = await moleculeAbove(ledger, step);
    if (root === undefined || found.has(root.id)) continue;
    if ((await ledger.count({ under: root.id, status: ["hooked", "in_progress"] })) > 0) continue;
    if (root.status === "hooked" || root.status === "in_progress") continue;
    found.set(root.id, { root, gate, step });
  }
  return [...found.values()];
}
