import { feedConvoy } from "../../../agents/lifecycle/feed-convoy.ts";
import {
  type ConvoyRunRequest,
  type PlannedRun,
  planRun,
  startRun,
} from "../../../agents/lifecycle/run-convoy.ts";
import { findTarget } from "../../../agents/lifecycle/run-target.ts";
import { slingLibrary } from "../../../agents/lifecycle/work-formula.ts";
import { ghIn } from "../../../agents/github/run-gh.ts";
import { FormulaError, ProblemLog } from "../../../core/formulas/problem.ts";
import { parseAssignments } from "../../../core/formulas/variable-values.ts";
import { usageError } from "../../../core/gt-error.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { rigIfAny, tellingProblems } from "./formula-context.ts";

/** `gt formula run`: a convoy formula as beads that are worked on side by side (spec/02 §12). */
export function run(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, () => runFormula(context));
}

async function runFormula(context: CommandContext): Promise<void> {
  const { out, args, flags } = context;
  const access = await context.access();
  const rig = rigIfAny(context, access.town);
  if (rig === undefined)
    throw usageError("which rig?", {
      why: [
        `registered rigs: ${
          access.town
            .rigs()
            .map(({ name }) => name)
            .join(", ") || "none"
        }`,
      ],
      hint: `gt formula run ${args[0] ?? "<formula>"} --rig <rig>`,
    });
  const [name = ""] = args;
  const file = slingLibrary(access, rig).require(name);
  const isDry = flags.boolean("dry-run");
  const reader = { town: access.town, ledger: access.ledger, sender: access.actor };
  const request: ConvoyRunRequest = {
    file,
    rig,
    given: givenInputs(context, file.name),
    target: await findTarget(
      rig,
      {
        pr: flags.integer("pr"),
        branch: flags.string("branch"),
        files: flags.strings("files"),
        onMissingGh: isDry ? (reason) => out.warn(sanitiseLine(reason)) : undefined,
      },
      ghIn(rig.reference),
    ),
    legs: flags.strings("legs"),
    preset: flags.string("preset"),
    agent: flags.string("agent"),
    notify: await Promise.all(flags.strings("notify").map((address) => knownAddress(address, reader))),
    isFed: !flags.boolean("no-dispatch"),
  };
  const planned = planRun(access, request);
  if (isDry) {
    out.document({ dry_run: true, ...planDocument(planned, rig) });
    printPlan(out, request, planned);
    return;
  }
  const made = await startRun(access, request, planned);
  const convoy = request.isFed ? await access.ledger.get(made.convoy) : undefined;
  const fed = convoy === undefined ? { fed: [], failed: [] } : await feedConvoy(access, convoy);
  const beads = [...Object.values(made.legs), ...(made.synthesis === undefined ? [] : [made.synthesis])];
  const dispatched = fed.fed.map(({ bead }) => bead);
  out.document({
    convoy_id: made.convoy,
    run_id: planned.runId,
    legs: made.legs,
    synthesis_id: made.synthesis ?? null,
    output_dir: planned.outputDirectory,
    dispatched,
    deferred: beads.filter((bead) => !dispatched.includes(bead)),
  });
  out.line(`🧬 ${made.convoy} runs ${planned.formula.name} (${planned.runId})`);
  for (const [leg, bead] of Object.entries(made.legs)) {
    const slung = fed.fed.find((one) => one.bead === bead);
    out.line(`  ${leg.padEnd(20)} ${bead}  ${slung === undefined ? "waits" : `→ ${slung.agent}`}`);
  }
  if (made.synthesis !== undefined)
    out.line(`  ${"synthesis".padEnd(20)} ${made.synthesis}  waits for the legs`);
  out.line(`  output               ${planned.outputDirectory}`);
  for (const { bead, error } of fed.failed) out.warn(`${bead} was not slung: ${sanitiseLine(error.message)}`);
  if (!request.isFed) out.next(`gt sling ${made.convoy}`);
}

/** `--var`, and flags that are named like an input: `--problem="..."`. */
function givenInputs({ flags, rest }: CommandContext, name: string): Readonly<Record<string, string>> {
  const log = new ProblemLog(name);
  const words: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const flag = /^--([^=]+)(?:=([\s\S]*))?$/.exec(rest[at] ?? "");
    if (flag === null) throw usageError(`unexpected argument "${sanitiseLine(rest[at] ?? "")}"`);
    const [, key = "", inline] = flag;
    words.push(`${key.replaceAll("-", "_")}=${inline ?? rest[++at] ?? ""}`);
  }
  const values = parseAssignments([...flags.strings("var"), ...words], log);
  if (log.hasErrors) throw new FormulaError(name, log.problems);
  return values;
}

function planDocument({ formula, runId, outputDirectory, plan, inputs, agentOf }: PlannedRun, rig: Rig) {
  return {
    formula: formula.name,
    type: formula.type,
    rig: rig.name,
    run_id: runId,
    output_dir: outputDirectory,
    inputs,
    legs: plan.legs.map(({ leg, title, outputPath }) => ({
      id: leg.id,
      title,
      agent: agentOf(leg.id) ?? null,
      output_path: outputPath,
    })),
    synthesis:
      plan.synthesis === undefined
        ? null
        : {
            title: plan.synthesis.title,
            needs: plan.synthesis.needs,
            output_path: plan.synthesis.outputPath,
          },
    steps: [],
  };
}

function printPlan(out: Output, { rig, target }: ConvoyRunRequest, planned: PlannedRun): void {
  const { formula, plan, inputs, agentOf } = planned;
  out.line(`Formula    ${formula.name} v${formula.version} (${formula.type})`);
  out.line(`Rig        ${rig.name}`);
  if (target.title !== "") out.line(`Target     ${sanitiseLine(target.title)}`);
  for (const [name, value] of Object.entries(inputs)) out.line(`Input      ${name}=${sanitiseLine(value)}`);
  out.line(`Output     ${planned.outputDirectory}\n`);
  for (const { leg, outputPath } of plan.legs)
    out.line(`  ${leg.id.padEnd(20)} ${(agentOf(leg.id) ?? "default agent").padEnd(16)} ${outputPath}`);
  if (plan.synthesis !== undefined)
    out.line(
      `  ${"synthesis".padEnd(20)} ${(agentOf("synthesis") ?? "default agent").padEnd(16)} ${plan.synthesis.outputPath}`,
    );
  out.line("\nNothing was created.");
}
