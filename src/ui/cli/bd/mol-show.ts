import { readMolecule } from "../../../core/formulas/molecule.ts";
import { countSteps, type MoleculeStep } from "../../../core/formulas/step-states.ts";
import type { Dependency } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { stepLine } from "../molecule-text.ts";
import { beadJson, dependencyJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { rootOf } from "./mol-root.ts";
import { openWorkspace } from "./workspace.ts";

const bondTypes = new Set(["blocks", "conditional-blocks", "parent-child"]);

/** `bd mol show` (spec/02 §13.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const workspace = await openWorkspace(context);
  const { ledger } = workspace;
  const { root, record, steps } = await readMolecule(ledger, (await rootOf(workspace, context.args[0])).id);
  const below = await ledger.find({ under: root.id, sort: "id" });
  const edges = await ledger.edges(below.map(({ id }) => id));
  const bonds = (await ledger.edges([root.id])).filter(
    ({ type, from }) => bondTypes.has(type) && !(type === "parent-child" && from !== root.id),
  );
  const bonded = bondedFrom(root.metadata);
  const ready = steps.filter(({ state, isContainer }) => state === "ready" && !isContainer);
  out.document({
    root: beadJson(root),
    issues: below.map((bead) => beadJson(bead)),
    dependencies: edges.map(dependencyJson),
    variables: record.vars,
    is_compound: bonded.length > 0,
    bonded_from: bonded,
    ...(record.mode === "root-only" ? { steps: steps.map(stepJson) } : {}),
    ...(flags.boolean("parallel") ? { ready: ready.map(({ id }) => id), waves: wavesOf(steps) } : {}),
  });
  const { total, done } = countSteps(steps);
  out.line(`${nameBead(root, workspace)} [${root.status}]  ${done}/${total}`);
  out.line(`  formula ${sanitiseLine(record.formula)} v${record.version}, ${record.mode}, ${record.phase}`);
  for (const [name, value] of Object.entries(record.vars)) out.line(`  ${name}=${sanitiseLine(value)}`);
  for (const bond of bonds) out.line(`  ${bondText(bond, root.id)}`);
  for (const step of steps) out.line(`  ${stepLine(step, out.style)}`);
  if (!flags.boolean("parallel")) return;
  out.line(`Ready together: ${ready.map(({ step }) => step).join(", ") || "(nothing)"}`);
  for (const [index, wave] of wavesOf(steps).entries()) out.line(`Wave ${index}: ${wave.join(", ")}`);
}

function bondedFrom(metadata: Readonly<Record<string, unknown>>): readonly unknown[] {
  const own = metadata["bonded_from"];
  return Array.isArray(own) ? own : [];
}

function bondText({ from, to, type }: Dependency, root: string): string {
  if (type === "parent-child") return `child of ${sanitiseLine(to)}`;
  const how = type === "blocks" ? "waits for" : "runs if it fails:";
  return from === root ? `${how} ${sanitiseLine(to)}` : `${from} ${how} this`;
}

/** A step as commands print it. */
export const stepJson = (step: MoleculeStep): Readonly<Record<string, unknown>> => ({
  id: step.id,
  step: step.step,
  index: step.index,
  title: step.title,
  description: step.description,
  ...(step.acceptance === "" ? {} : { acceptance: step.acceptance }),
  needs: step.needs,
  wave: step.wave,
  state: step.state,
  ...(step.assignee === "" ? {} : { assignee: step.assignee }),
  ...(step.reason === "" ? {} : { reason: step.reason }),
  ...(step.isInteractive ? { interactive: true } : {}),
  ...(step.run === undefined ? {} : { run: step.run }),
});

function wavesOf(steps: readonly MoleculeStep[]): readonly (readonly string[])[] {
  const waves = Map.groupBy(steps, ({ wave }) => wave);
  return [...waves]
    .toSorted(([one], [other]) => one - other)
    .map(([, members]) => members.map(({ step }) => step));
}
