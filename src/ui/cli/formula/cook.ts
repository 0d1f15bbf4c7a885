import { resolve } from "node:path";
import { formatTime, systemClock } from "../../../core/clock.ts";
import { cook } from "../../../core/formulas/cook.ts";
import { type Proto, protoText } from "../../../core/formulas/proto.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { writeFileAtomic } from "../../../core/town/write-file.ts";
import type { CommandContext } from "../command.ts";
import { givenValues, libraryOf, tellingProblems } from "./formula-context.ts";
import { stepMarks } from "./step-marks.ts";

/** `bd cook`: a formula as the proto that a molecule is poured from (spec/02 §13.2). */
export function run(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, () => cookNamed(context));
}

async function cookNamed(context: CommandContext): Promise<void> {
  const { out, flags, cwd } = context;
  const [name = ""] = context.args;
  const library = await libraryOf(context);
  const file = library.require(name);
  const given = givenValues(context, file.name);
  const wish = flags.string("mode") ?? (flags.has("var") ? "runtime" : "compile");
  const mode = wish === "runtime" ? "runtime" : "compile";
  const date = formatTime(systemClock.now()).slice(0, 10);
  const proto = cook(file, library, {
    mode,
    values: [given, { kind: "context", values: { date }, isTrusted: true }],
  });
  for (const warning of proto.warnings) out.warn(sanitiseLine(warning));
  const output = flags.string("output");
  if (flags.boolean("dry-run")) {
    out.document(proto);
    printPlan(context, proto);
  } else if (output === undefined) out.raw(protoText(proto));
  else {
    await writeFileAtomic(resolve(cwd, output), protoText(proto));
    out.done(`wrote ${sanitiseLine(output)} (${proto.steps.length} steps)`);
  }
}

function printPlan({ out }: CommandContext, proto: Proto): void {
  out.line(`Dry run: would cook ${proto.proto} (${proto.mode})`);
  out.line();
  for (const step of proto.steps) {
    const needs = step.needs.length === 0 ? "" : ` needs ${step.needs.join(", ")}`;
    out.line(`${String(step.index).padStart(4)}. ${step.id}  ${sanitiseLine(step.title)}`);
    out.line(
      `      wave ${step.wave}${needs}${stepMarks(step)}  [${step.source.formula} ${step.source.location}]`,
    );
  }
  const vars = Object.entries(proto.vars);
  if (vars.length > 0) out.line("\nVariables");
  for (const [name, variable] of vars) {
    const value = variable.value ?? variable.default;
    out.line(`  ${name}${value === undefined ? " (no value)" : `=${sanitiseLine(value)}`}`);
  }
  if (proto.bond_points.length > 0) out.line("\nBond points");
  for (const point of proto.bond_points) out.line(`  ${point.id}  ${sanitiseLine(point.description ?? "")}`);
  const form = proto.pour || proto.needs_beads ? "poured (steps are beads)" : "root-only";
  out.line(`\nA wisp of it would be ${form}.`);
}
