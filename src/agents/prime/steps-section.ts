import { layFor } from "../../core/formulas/lay-overlay.ts";
import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import { type Molecule, moleculeOfRoot } from "../../core/formulas/molecule.ts";
import { countSteps, currentStep, type MoleculeStep } from "../../core/formulas/step-states.ts";
import { stepText } from "../../core/formulas/step-text.ts";
import type { Bead, Role } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Town } from "../../core/town/town.ts";
import { attachmentOf } from "../lifecycle/attachment.ts";
import type { PrimeSection } from "./prime-section.ts";
import { quote, quoteLine, quoteShortly } from "./quotation.ts";

/** The molecule of the work on a hook: as it is, or gone although the bead names it. */
export type StepsReading =
  | { readonly is: "there"; readonly molecule: Molecule; readonly bead: Bead; readonly actor: string }
  | { readonly is: "missing"; readonly molecule: string; readonly bead: string };

/** Undefined when the work follows no molecule. Never throws. */
export async function readSteps(
  { town, ledger, actor }: { readonly town: Town; readonly ledger: Ledger; readonly actor: string },
  bead: Bead,
): Promise<StepsReading | undefined> {
  try {
    const attached = attachmentOf(bead).molecule;
    const root = moleculeRecord(bead) === undefined ? attached && (await ledger.get(attached)) : bead;
    if (root) {
      const lay = await layFor(town, root);
      return { is: "there", molecule: await moleculeOfRoot(ledger, lay(root)), bead, actor };
    }
    return attached === undefined ? undefined : { is: "missing", molecule: attached, bead: bead.id };
  } catch {
    return undefined; // said by the hook's problem
  }
}

/** Longer lists show only the surroundings of the current step. */
const longList = 20;
const around = 5;
/** Characters of a step that is not shown whole; shipped steps are shorter. */
const stepLimit = 1500;

/** What the agent works by: progress, the steps, the current one in full (spec/02 §10.1). */
export function stepsSection(
  reading: StepsReading | undefined,
  role: Role,
  isWhole: boolean,
): PrimeSection | undefined {
  if (reading?.is !== "there") return undefined;
  const { molecule, bead, actor } = reading;
  const { root, steps } = molecule;
  const current = root.status === "closed" ? undefined : currentStep(steps, actor);
  const isRalph = attachmentOf(bead).mode === "ralph";
  const shown = isRalph ? [ralphText] : [head(reading, current), listText(steps, current)];
  const body = [
    ...shown,
    ...(current === undefined ? [endText(molecule)] : [wholeStep(current, isWhole)]),
    ...(isWhole && !isRalph ? laterTexts(steps, current) : []),
  ];
  const text = `${body.join("\n\n")}\n\n${obligation(role, bead)}\n`;
  const rest = "The rest: `gt prime --section steps`";
  return {
    name: "steps",
    text,
    minimum: `${[head(reading, current), ...(current === undefined ? [] : [wholeStep(current, false)]), titles(steps, current), rest].join("\n\n")}\n`,
    budget: 3000,
    shrink: 2,
    why: `the work follows ${root.id}`,
  };
}

/** One line for an agent whose context was compacted. */
export function stepsLine(reading: StepsReading | undefined): string | undefined {
  if (reading?.is !== "there") return undefined;
  const { steps, root } = reading.molecule;
  const { total, done } = countSteps(steps);
  const current = root.status === "closed" ? undefined : currentStep(steps, reading.actor);
  return current === undefined
    ? `Steps: ${done}/${total} (gt mol current)`
    : `Step ${current.index} of ${total}: ${current.step} (gt mol step show ${current.step}; then gt mol step done ${current.step})`;
}

function head(
  { molecule, bead }: Extract<StepsReading, { is: "there" }>,
  current: MoleculeStep | undefined,
): string {
  const { root, record, steps } = molecule;
  const { args } = attachmentOf(bead);
  const { total, done } = countSteps(steps);
  const vars = Object.entries(record.vars)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}=${quoteLine(value).slice(0, 60)}`);
  const cells = 16;
  const filled = total === 0 ? 0 : Math.floor((done / total) * cells);
  const resume = current === undefined ? "" : `   resume at step ${current.index}`;
  return [
    "## ATTACHED FORMULA",
    `> Formula: ${quoteLine(record.formula)} v${record.version} (${quoteLine(record.tier)})   Molecule: ${root.id} (${record.mode})`,
    ...(bead.id === root.id ? [] : [`> Work: ${bead.id} ${quoteLine(bead.title)}`]),
    ...(vars.length === 0 ? [] : [`> Vars: ${vars.join("  ").slice(0, 400)}`]),
    ...(args === undefined ? [] : [`> Args: ${quoteLine(args)}`]),
    `Progress: [${"#".repeat(filled)}${".".repeat(cells - filled)}] ${done}/${total}${resume}`,
  ].join("\n");
}

const marks: Readonly<Record<MoleculeStep["state"], string>> = {
  done: "x",
  failed: "!",
  skipped: "-",
  current: ">",
  ready: " ",
  blocked: "#",
  pending: " ",
};

function listText(steps: readonly MoleculeStep[], current: MoleculeStep | undefined): string {
  const work = steps.filter((step) => !step.isContainer);
  const at = Math.max(
    0,
    work.findIndex(({ id }) => id === current?.id),
  );
  const shown = work.length <= longList ? work : work.slice(Math.max(0, at - around), at + around + 1);
  const rows = shown.map((step) => {
    const mark = step.id === current?.id ? ">" : marks[step.state];
    const why = step.state === "blocked" || step.state === "failed" ? `: ${quoteLine(step.reason)}` : "";
    // The title is quoted because values of variables stand in it.
    return `> [${mark}] ${step.index} ${quoteLine(step.step)}  ${quoteLine(step.title)}${why}`;
  });
  const left = work.length - shown.length;
  return ["Steps", ...rows, ...(left === 0 ? [] : [`… ${left} more: gt mol current`])].join("\n");
}

function titles(steps: readonly MoleculeStep[], current: MoleculeStep | undefined): string {
  const later = steps.filter(
    ({ isSettled, isContainer, id }) => !isSettled && !isContainer && id !== current?.id,
  );
  const names = later.slice(0, longList).map(({ index, step }) => `${index} ${quoteLine(step)}`);
  return names.length === 0
    ? "Nothing comes after it."
    : `Then: ${names.join(", ")}${later.length > longList ? ", …" : ""}`;
}

function wholeStep(step: MoleculeStep, isWhole: boolean): string {
  const needs = step.needs.length === 0 ? "" : `, needs ${step.needs.map(quoteLine).join(" and ")}`;
  const text = stepText(step.description);
  const more = `gt mol step show ${step.step}`;
  return [
    `> ### Step ${step.index}: ${quoteLine(step.title)}   (${quoteLine(step.step)}${needs})${step.isOverlaid ? " (overlay)" : ""}`,
    ...(text.trim() === "" ? [] : [isWhole ? quote(text) : quoteShortly(text, stepLimit, more)]),
    ...(step.run === undefined
      ? []
      : [
          "It is a script:",
          isWhole ? quote(step.run) : quoteShortly(step.run, 600, more),
          `Run it: gt mol run --step ${step.step}`,
        ]),
    ...(step.acceptance.trim() === "" ? [] : ["Acceptance:", quoteShortly(step.acceptance, 400, more)]),
    ...(step.isInteractive ? ["This step needs a talk with a person."] : []),
    `When finished: gt mol step done ${step.step}`,
  ].join("\n");
}

function laterTexts(steps: readonly MoleculeStep[], current: MoleculeStep | undefined): readonly string[] {
  return steps
    .filter(({ isSettled, isContainer, id }) => !isSettled && !isContainer && id !== current?.id)
    .map((step) => wholeStep(step, true));
}

function endText({ root, steps }: Molecule): string {
  if (root.status === "closed" || steps.every(({ isSettled }) => isSettled)) return "All steps are closed.";
  const held = steps.find(({ state }) => state === "blocked" || state === "failed");
  return held === undefined
    ? "No step is ready: gt mol current"
    : `Nothing is ready: step ${held.index} is held back.\n> ${quoteLine(held.reason)}`;
}

const ralphText = [
  "## ATTACHED FORMULA (loop mode)",
  "One step in this session: the one below. Commit after every meaningful change. Compare with the acceptance criteria,",
  "mend the worst gap, and look again; stop when they are met, or when nothing gets better. Then say that the step is",
  "done: the next session takes the next step, and the last one ends with `gt done`.",
].join("\n");

function obligation(role: Role, bead: Bead): string {
  const review =
    attachmentOf(bead).review_only === true
      ? "Review only: commit and push nothing; findings go to the notes of the bead.\n"
      : "";
  switch (role) {
    case "polecat":
      return `${review}Work through all steps, closing each as you finish it, and end with \`gt done\`.`;
    case "dog":
      return `${review}Work through all steps and end with \`gt dog done\`.`;
    case "witness":
    case "refinery":
    case "deacon":
      return `${review}Work through all steps and end the cycle with \`gt patrol report\`.`;
    default:
      return `${review}Work through all steps, then report.`;
  }
}
