import type { FormulaFile } from "../../../core/formulas/library.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { libraryOf } from "./formula-context.ts";

const groups = ["workflow", "expansion", "aspect", "convoy"] as const;

/** `gt formula list`, `bd formula list` (spec/02 §13.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const library = await libraryOf(context);
  const type = flags.string("type");
  const first = new Map<string, FormulaFile>();
  const listed = library.all().flatMap((file) => {
    const hiding = first.get(file.name);
    if (hiding === undefined) first.set(file.name, file);
    else if (!flags.boolean("all")) return [];
    const isWanted = type === undefined || file.formula?.type === type;
    return isWanted ? [{ file, hiding }] : [];
  });
  listed.sort((one, other) =>
    one.file.name < other.file.name ? -1 : one.file.name > other.file.name ? 1 : 0,
  );
  out.document(
    listed.map(({ file, hiding }) => ({
      name: file.name,
      type: file.formula?.type ?? null,
      version: file.formula?.version ?? null,
      tier: file.tier,
      description: firstLine(file),
      source: file.shown,
      steps: stepCount(file),
      vars: file.formula?.vars.size ?? 0,
      valid: file.formula !== undefined,
      shadowed_by: hiding?.shown ?? null,
    })),
  );
  if (listed.length === 0) {
    out.line("no formulas");
    for (const directory of library.searched) out.line(`  looked in ${directory}`);
    return;
  }
  for (const group of [...groups, undefined]) {
    const members = listed.filter(({ file }) => file.formula?.type === group);
    if (members.length === 0) continue;
    out.line(out.style.bold(group === undefined ? "invalid" : plural(group)));
    for (const { file, hiding } of members) out.line(`  ${lineOf(file, hiding)}`);
  }
}

function lineOf(file: FormulaFile, hiding: FormulaFile | undefined): string {
  if (file.formula === undefined)
    return `! ${file.name.padEnd(28)} ${file.tier.padEnd(9)} ${file.problems[0]?.code ?? ""} ${sanitiseLine(file.shown)}`;
  const { vars, version } = file.formula;
  const count = vars.size === 0 ? "" : ` (${vars.size} ${vars.size === 1 ? "var" : "vars"})`;
  const hidden = hiding === undefined ? "" : ` [hidden by ${hiding.tier}]`;
  const line = sanitiseLine(firstLine(file));
  const about = line.length > 60 ? `${line.slice(0, 59)}…` : line;
  return `${file.name.padEnd(30)} ${`v${version}`.padEnd(4)} ${file.tier.padEnd(9)} ${about}${count}${hidden}`;
}

function firstLine({ formula }: FormulaFile): string {
  return formula?.description.trim().split("\n")[0] ?? "";
}

function stepCount({ formula }: FormulaFile): number {
  if (formula === undefined) return 0;
  return (
    formula.convoy?.legs.length ?? (formula.type === "aspect" ? formula.advice.length : formula.steps.length)
  );
}

const plural = (word: string): string => (word === "convoy" ? "convoys" : `${word}s`);
