import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { resolveRuntime } from "../runtimes/resolve-runtime.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import { attachmentOf } from "./attachment.ts";
import { requireScript } from "./bead-script.ts";

/** Runtime that a bead asks for by its label `runtime:<name>`. */
export function runtimeLabel(bead: Bead): string | undefined {
  return bead.labels.find((label) => label.startsWith("runtime:"))?.slice("runtime:".length);
}

/**
 * The runtime in which a polecat works on the bead: that of this sling, of the assignment so far, of the bead's label,
 * or of the settings. Throws before anything is begun when it is `shell` and the bead has no script (spec/03 §1.6).
 */
export function runtimeOf(
  town: Town,
  rig: Rig,
  bead: Bead,
  override: string | undefined,
  options: { readonly hasWorkflow?: boolean } = {},
): Runtime {
  const label = runtimeLabel(bead);
  const chosen = override ?? (label === undefined ? attachmentOf(bead).agent : undefined);
  const runtime = resolveRuntime({
    town,
    role: "polecat",
    rig: rig.name,
    name: "",
    ...(chosen === undefined ? {} : { override: chosen }),
    ...(label === undefined ? {} : { label }),
  });
  // The scripts may be those of the steps by which it is worked on.
  const molecule = moleculeRecord(bead);
  const hasSteps =
    options.hasWorkflow === true ||
    attachmentOf(bead).molecule !== undefined ||
    molecule?.mode === "poured" ||
    molecule?.proto?.some(({ run }) => run !== undefined) === true;
  if (runtime.provider !== "shell" || hasSteps) return runtime;
  if (molecule !== undefined) throw noScriptSteps(molecule.formula, rig);
  requireScript(bead);
  return runtime;
}

/** The bead of such a workflow is made for this sling alone, so nobody could give it a script. */
const noScriptSteps = (formula: string, rig: Rig): GtError =>
  new GtError(
    "E_NO_SCRIPT",
    `formula "${formula}" has no script steps, and the runtime "shell" runs only scripts`,
    {
      hint: `gt sling ${formula} ${rig.name} --agent <name>`,
    },
  );
