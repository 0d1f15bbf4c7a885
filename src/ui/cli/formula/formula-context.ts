import { homedir } from "node:os";
import { relative, resolve, sep } from "node:path";
import {
  checkoutRoot,
  type FormulaPlace,
  formulaPlaces,
  formulaTiers,
} from "../../../core/formulas/formula-places.ts";
import { type OpenLibrary, openLibrary } from "../../../core/formulas/open-library.ts";
import { FormulaError, type Problem, ProblemLog, problemLines } from "../../../core/formulas/problem.ts";
import { parseAssignments, type ValueSource } from "../../../core/formulas/variable-values.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { findTownRoot } from "../../../core/town/find-town.ts";
import type { Rig, Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

/** The town around the caller, if any; formulas can be used without one. */
async function townIfAny(context: CommandContext): Promise<Town | undefined> {
  const { cwd, env, flags } = context;
  return findTownRoot({ cwd, env, flag: flags.string("town") }) === undefined ? undefined : context.town();
}

/** The rig of `--rig`, of the directory or of the environment. */
export function rigIfAny({ cwd, env, flags }: CommandContext, town: Town | undefined): Rig | undefined {
  if (town === undefined) return undefined;
  const wanted = flags.string("rig");
  if (wanted) return town.rig(wanted);
  const [first = ""] = relative(town.root, cwd).split(sep);
  return town.findRig(first) ?? (env["GT_RIG"] ? town.findRig(env["GT_RIG"]) : undefined);
}

/** Formulas as the caller sees them: `--tier` and `--search-path` narrow and widen it (spec/02 §6.1, §13). */
export async function libraryOf(context: CommandContext): Promise<OpenLibrary> {
  const { cwd, env, flags } = context;
  const town = await townIfAny(context);
  const rig = rigIfAny(context, town);
  const places = formulaPlaces({ project: checkoutRoot(cwd), rig, town, home: env["HOME"] || homedir() });
  const tier = flags.string("tier");
  const more = flags
    .strings("search-path")
    .map((directory): FormulaPlace => ({ tier: "project", directory: resolve(cwd, directory) }));
  const chosen = tier === undefined ? places : places.filter((place) => place.tier === tier);
  if (chosen.length === 0)
    throw usageError(`there is no tier "${sanitiseLine(tier ?? "")}" here`, {
      why: [`tiers here: ${places.map((place) => place.tier).join(", ")} of ${formulaTiers.join(", ")}`],
      hint: "gt formula list",
    });
  return openLibrary([...more, ...chosen], cwd);
}

/** What `--var` says, as the strongest source of values. A person or agent at the command line may give commands. */
export function givenValues({ flags }: CommandContext, name: string): ValueSource {
  const log = new ProblemLog(name);
  const values = parseAssignments(flags.strings("var"), log);
  if (log.hasErrors) throw new FormulaError(name, log.problems);
  return { kind: "given", values, isTrusted: true };
}

/**
 * Runs a command that says what is wrong with a formula in the form of spec/02 §3.1: blocks on stderr, or the one document.
 * Exit code 1 then.
 */
export async function tellingProblems(
  context: CommandContext,
  run: () => Promise<number | undefined | void>,
): Promise<number | undefined> {
  try {
    return (await run()) ?? undefined;
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    context.out.document({ ok: false, problems: error.problems });
    printProblems(context, error.problems);
    return 1;
  }
}

export function printProblems({ out }: CommandContext, problems: readonly Problem[]): void {
  for (const problem of problems)
    for (const line of problemLines(problem))
      out.error(line.startsWith(" ") ? `  ${sanitiseLine(line.trim())}` : sanitiseLine(line));
}
