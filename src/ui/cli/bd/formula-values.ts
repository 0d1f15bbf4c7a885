import { type OverlayPlace, overlayPlaces } from "../../../core/formulas/find-overlay.ts";
import { checkoutRoot, formulaPlaces } from "../../../core/formulas/formula-places.ts";
import type { FormulaFile } from "../../../core/formulas/library.ts";
import { type OpenLibrary, openLibrary } from "../../../core/formulas/open-library.ts";
import { FormulaError, ProblemLog } from "../../../core/formulas/problem.ts";
import { parseAssignments, type ValueSource } from "../../../core/formulas/variable-values.ts";
import { workValues } from "../../../core/formulas/work-values.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
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
  const library = libraryOf(context, workspace);
  const file = library.require(name);
  const log = new ProblemLog(file.shown);
  const given = parseAssignments(context.flags.strings("var"), log);
  if (log.hasErrors) throw new FormulaError(file.name, log.problems);
  const { town } = workspace;
  const rig = town?.findRig(bead?.scope ?? workspace.scope);
  const values = workValues(file.formula, {
    ...{ given, bead, town, rig, now: workspace.now },
    isTrusted: town === undefined || ["overseer", "mayor/"].includes(workspace.actor),
    agent: context.flags.string("assignee"),
  });
  return { file, library, values, ...(town === undefined ? {} : { overlays: overlayPlaces(town, rig) }) };
}

export function hasFormula(context: CommandContext, workspace: Workspace, name: string): boolean {
  return libraryOf(context, workspace).find(name) !== undefined;
}

function libraryOf({ cwd, env, flags }: CommandContext, { town, scope }: Workspace): OpenLibrary {
  const tier = flags.string("tier");
  const places = formulaPlaces({
    project: checkoutRoot(cwd),
    ...(town === undefined ? {} : { town, rig: town.findRig(scope) }),
    home: env["HOME"],
  });
  return openLibrary(
    places.filter((place) => tier === undefined || place.tier === tier),
    cwd,
  );
}
