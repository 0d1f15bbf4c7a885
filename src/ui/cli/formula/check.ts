import { tryCook } from "../../../core/formulas/cook.ts";
import type { FormulaFile } from "../../../core/formulas/library.ts";
import type { OpenLibrary } from "../../../core/formulas/open-library.ts";
import type { Problem } from "../../../core/formulas/problem.ts";
import type { ValueSource } from "../../../core/formulas/variable-values.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { givenValues, libraryOf, printProblems, tellingProblems } from "./formula-context.ts";

/** `gt formula check`: everything that is wrong with one formula, or with all (spec/02 §13.1). */
export function run(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, () => check(context));
}

async function check(context: CommandContext): Promise<number> {
  const { out, args, flags } = context;
  const [name] = args;
  const library = await libraryOf(context);
  if (name === undefined && !flags.boolean("all"))
    throw usageError("which formula?", { hint: "gt formula check <name>, or gt formula check --all" });
  const files = name === undefined ? library.all() : [library.require(name)];
  const given = givenValues(context, name ?? "all");
  const checked = files.map((file) => ({ file, ...checkFile(file, library, given) }));
  const problems = checked.flatMap((one) => one.problems);
  const fails = (problem: Problem) => problem.severity === "error" || flags.boolean("strict");
  const ok = !problems.some(fails);
  out.document({
    ok,
    problems,
    formulas: checked.map(({ file, steps, problems: own }) => ({
      name: file.name,
      ok: !own.some(fails),
      steps,
    })),
  });
  for (const { file, steps, problems: own } of checked) {
    printProblems(context, own);
    if (!own.some(fails))
      out.line(`ok: ${sanitiseLine(file.name)} (${steps} ${steps === 1 ? "step" : "steps"})`);
  }
  return ok ? 0 : 1;
}

/** An aspect is only ever part of another formula, so it is read and no more. */
function checkFile(
  file: FormulaFile,
  library: OpenLibrary,
  given: ValueSource,
): { readonly problems: readonly Problem[]; readonly steps: number } {
  if (file.formula?.type === "aspect") return { problems: file.problems, steps: file.formula.advice.length };
  const { proto, problems } = tryCook(file, library, { mode: "compile", values: [given] });
  return { problems, steps: proto?.steps.length ?? 0 };
}
