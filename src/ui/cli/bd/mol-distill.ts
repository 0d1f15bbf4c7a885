import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { distill, slug } from "../../../core/formulas/distill.ts";
import { checkoutRoot } from "../../../core/formulas/formula-places.ts";
import { FormulaError } from "../../../core/formulas/problem.ts";
import { readFormula } from "../../../core/formulas/read-formula.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { reread } from "./each-bead.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd mol distill <epic> [name]`: a workflow of the work that was done (spec/02 §13.3). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const workspace = await openWorkspace(context);
  const { ledger } = workspace;
  const epic = await reread(workspace, await workspace.resolve(args[0] ?? ""));
  const children = (await ledger.find({ parent: epic.id, sort: "oldest" })).filter(
    ({ type, labels }) => type !== "gate" && !labels.includes("digest"),
  );
  if (children.length === 0)
    throw new GtError("E_NO_STEPS", `${epic.id} has no children to make steps of`, {
      hint: `bd children ${epic.id}`,
    });
  const name = args[1] ?? slug(epic.title);
  const edges = await ledger.edges(children.map(({ id }) => id));
  const text = distill({ name, epic, children, edges, vars: replacements(flags.strings("var")) });
  const shown = `${name}.formula.toml`;
  const { formula, problems } = readFormula({ text, format: "toml", stem: name, shown });
  if (formula === undefined) throw new FormulaError(name, problems);
  const directory = resolve(
    cwd,
    flags.string("output") ?? join(checkoutRoot(cwd) ?? cwd, ".beads", "formulas"),
  );
  const file = join(directory, shown);
  const isDry = flags.boolean("dry-run");
  if (!isDry && existsSync(file))
    throw new GtError("E_EXISTS", `${relative(cwd, file)} is there already`, {
      hint: `bd mol distill ${epic.id} <other name>`,
    });
  if (!isDry) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, text);
  }
  out.document({
    formula: name,
    path: file,
    steps: children.length,
    ...(isDry ? { dry_run: true, text } : {}),
  });
  if (isDry) out.raw(text);
  else {
    out.done(`Wrote ${relative(cwd, file)}: ${children.length} steps`);
    out.next(`bd cook ${name} --dry-run`);
  }
}

function replacements(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const [, name, value] = /^([A-Za-z_]\w*)=(.+)$/s.exec(word) ?? [];
      if (name === undefined || value === undefined)
        throw usageError(`invalid variable format '${word}', expected key=value`);
      return [name, value];
    }),
  );
}
