import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { rememberTouched } from "./last-touched.ts";
import { compareIds } from "./compare-ids.ts";
import { moleculeOf } from "./molecule-of.ts";
import type { Workspace } from "./workspace.ts";

/** `bd close --continue`: claims the lowest ready step of the nearest molecule (spec/02 §8.7). */
export async function continueMolecule(
  context: CommandContext,
  workspace: Workspace,
  closed: readonly Bead[],
): Promise<void> {
  const { out, flags } = context;
  const [step] = closed;
  if (step === undefined) return;
  const root = await moleculeOf(workspace, step);
  if (root === undefined) {
    out.document({
      closed: closed.map((bead) => beadJson(bead)),
      continue: { closed_step: beadJson(step), auto_advanced: false, molecule_complete: false },
    });
    out.line(`${step.id} is not a step of a molecule`);
    return;
  }
  const isComplete = (await workspace.ledger.count({ under: root.id, notStatus: "closed" })) === 0;
  const next = isComplete
    ? undefined
    : await nextStep(workspace, root.id, flags.boolean("no-auto") ? "show" : "claim");
  out.document({
    closed: closed.map((bead) => beadJson(bead)),
    continue: {
      closed_step: beadJson(step),
      ...(next === undefined ? {} : { next_step: beadJson(next) }),
      auto_advanced: next !== undefined && !flags.boolean("no-auto"),
      molecule_complete: isComplete,
      molecule_id: root.id,
    },
  });
  if (isComplete) out.line(`Molecule ${root.id} complete! All steps closed.`);
  else if (next === undefined) out.line(`No ready step in ${root.id}`);
  else if (flags.boolean("no-auto")) out.next(`next step: ${nameBead(next, workspace)}`);
  else out.done(`Claimed next step: ${nameBead(next, workspace)}`);
  if (next !== undefined && !out.json && next.description !== "")
    out.line(sanitiseLine(next.description).slice(0, 200));
}

async function nextStep(
  workspace: Workspace,
  root: string,
  mode: "show" | "claim",
): Promise<Bead | undefined> {
  const { ledger } = workspace;
  const ready = await ledger.ready({ under: root, includeEphemeral: true, limit: 0 });
  const steps = ready.toSorted((a, b) => indexOf(a) - indexOf(b) || compareIds(a.id, b.id));
  if (mode === "show") return steps[0];
  for (const step of steps) {
    try {
      await workspace.write([
        { op: "expect", id: step.id, expected: { status: "open" } },
        { op: "claim", id: step.id },
      ]);
    } catch (error) {
      // Somebody else took it: try the next one.
      if (error instanceof GtError && error.exitCode === 4) continue;
      throw error;
    }
    rememberTouched(workspace, step.id);
    return ledger.get(step.id);
  }
  return undefined;
}

function indexOf(step: Bead): number {
  const own = step.metadata["step"];
  const index = typeof own === "object" && own !== null && "index" in own ? Number(own.index) : Number.NaN;
  return Number.isFinite(index) ? index : Number.POSITIVE_INFINITY;
}
