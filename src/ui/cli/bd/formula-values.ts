import { type OverlayPlace, overlayPlaces } from "../../../core/formulas/find-overlay.ts";
import type { FormulaFile } from "../../../core/formulas/library.ts";
import type { OpenLibrary } from "../../../core/formulas/open-library.ts";
import type { ValueSource } from "../../../core/formulas/variable-values.ts";
import { workValues } from "../../../core/formulas/work-values.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import { givenValues, libraryOf } from "../formula/formula-context.ts";
import type { Workspace } from "./workspace.ts";

/** A formula with what `--var`, the bead and the configuration say of its variables. */
export async function formulaNamed(
  context: CommandContext,
  workspace: Workspace,
  name: string,
  bead: Bead | undefined,
): Promise<{
  readonly file: FormulaFile;
  readonly library: OpenLibrary;
  readonly values: readonly ValueSource[];
  readonly overlays?: readonly OverlayPlace[];
}> {
  const library = await libraryOf(context);
  const file = library.require(name);
  const { town } = workspace;
  const rig = town?.findRig(bead?.scope ?? workspace.scope);
  const values = workValues(file.formula, {
    ...{ given: givenValues(context, file.name).values, bead, town, rig, now: workspace.now },
    isTrusted: town === undefined || ["overseer", "mayor/"].includes(workspace.actor),
    agent: context.flags.string("assignee"),
  });
  return { file, library, values, ...(town === undefined ? {} : { overlays: overlayPlaces(town, rig) }) };
}

export async function hasFormula(context: CommandContext, name: string): Promise<boolean> {
  return (await libraryOf(context)).find(name) !== undefined;
}
