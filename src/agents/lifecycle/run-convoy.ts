import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { newConvoy } from "../../core/convoys/new-convoy.ts";
import type { LegFields } from "../../core/convoys/leg.ts";
import { chooseLegs } from "../../core/formulas/choose-legs.ts";
import type { Formula } from "../../core/formulas/formula.ts";
import type { FormulaFile } from "../../core/formulas/library.ts";
import { type ConvoyPlan, planConvoy } from "../../core/formulas/plan-convoy.ts";
import { FormulaError, ProblemLog } from "../../core/formulas/problem.ts";
import { isRelativePath } from "../../core/formulas/variable-value.ts";
import { checkMissing, resolveValues, type ValueSource } from "../../core/formulas/variable-values.ts";
import { workValues } from "../../core/formulas/work-values.ts";
import { GtError } from "../../core/gt-error.ts";
import { namedBead } from "../../core/ledger/named-bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Random } from "../../core/random.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import type { RunTarget } from "./run-target.ts";
import { isTrusted } from "./work-formula.ts";

export interface ConvoyRunRequest {
  readonly file: FormulaFile;
  readonly rig: Rig;
  /** Of the command line, by input. */
  readonly given: Readonly<Record<string, string>>;
  readonly target: RunTarget;
  readonly legs: readonly string[];
  readonly preset?: string | undefined;
  /** Runtime of the legs that do not name one. */
  readonly agent?: string | undefined;
  readonly notify: readonly string[];
  /** False: it is only fed when somebody slings it. */
  readonly isFed: boolean;
}

/** A convoy run as it would be made. */
export interface PlannedRun {
  readonly formula: Formula;
  readonly runId: string;
  /** Absolute. */
  readonly outputDirectory: string;
  readonly plan: ConvoyPlan;
  /** The inputs that have a value. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Runtime of each leg, and of the synthesis; undefined is the rig's default. */
  readonly agentOf: (leg: string) => string | undefined;
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

/** Five digits that name a run. */
export function newRunId(random: Random): string {
  return [...random.bytes(5)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** Chooses the legs and fills in their texts. Throws a `FormulaError`; nothing is made (spec/02 §12.1, §12.2). */
export function planRun(access: TownAccess, request: ConvoyRunRequest): PlannedRun {
  const { file, rig } = request;
  const { formula } = file;
  if (formula === undefined) throw new FormulaError(file.name, file.problems);
  if (formula.convoy === undefined)
    throw new GtError("E_FORMULA", `"${formula.name}" is of type ${formula.type}, not convoy`, {
      hint: `gt sling ${formula.name} ${rig.name}`,
    });
  const log = new ProblemLog(file.shown);
  const chosen = chooseLegs(formula.convoy, request, log);
  const runId = newRunId(access.random);
  const own = { formula: formula.name, formula_version: String(formula.version), ...runIds(runId) };
  const values = resolveValues(formula.vars, sourcesOf(access, request, formula), own, log);
  checkMissing(formula.vars, values, new Set(), log);
  const lookUp = (name: string) => values.lookUp(name) ?? (formula.vars.has(name) ? "" : undefined);
  const relative = planConvoy(formula.convoy, chosen, lookUp);
  for (const path of [relative.directory, ...relative.legs.map(({ outputPath }) => outputPath)])
    if (path.trim() === "" || !isRelativePath(path))
      log.add("F040", "output", `"${path}" is not a relative path`, { fix: "use a relative path" });
  if (log.hasErrors) throw new FormulaError(formula.name, log.problems);
  const plan = planConvoy(formula.convoy, chosen, lookUp, rig.path);
  const agents = new Map(
    [...plan.legs.map(({ leg }) => leg), { id: "synthesis", agent: plan.synthesis?.synthesis.agent }].map(
      (leg) => [leg.id, leg.agent ?? request.agent ?? formula.settings.agent],
    ),
  );
  return {
    formula,
    runId,
    outputDirectory: join(rig.path, relative.directory),
    plan,
    inputs: Object.fromEntries(
      [...formula.vars.keys()].flatMap((name) => {
        const value = values.lookUp(name);
        return value === undefined || value === "" ? [] : [[name, value]];
      }),
    ),
    agentOf: (leg) => agents.get(leg),
  };
}

const runIds = (runId: string) => ({ run_id: runId, review_id: runId, design_id: runId });

/** Flags such as `--pr` fill in the inputs of their names. */
function sourcesOf(
  access: TownAccess,
  { given, target, rig }: ConvoyRunRequest,
  formula: Formula,
): readonly ValueSource[] {
  const named = Object.fromEntries(Object.entries(target.inputs).filter(([name]) => formula.vars.has(name)));
  const work = { given: { ...named, ...given }, isTrusted: isTrusted(access.actor), town: access.town, rig };
  return [
    ...workValues(formula, { ...work, now: access.clock.now() }),
    { kind: "context", values: { ...target.inputs, ...target.facts }, isTrusted: false },
  ];
}

export interface ConvoyRun {
  readonly convoy: string;
  /** Bead of each leg. */
  readonly legs: Readonly<Record<string, string>>;
  readonly synthesis: string | undefined;
}

/** Makes the run: its directory, then convoy, legs and synthesis in one batch (spec/02 §12.2). */
export async function startRun(
  access: TownAccess,
  request: ConvoyRunRequest,
  run: PlannedRun,
): Promise<ConvoyRun> {
  await mkdir(run.outputDirectory, { recursive: true });
  const { named } = await access.ledger.write(access.actor, runOperations(access, request, run));
  const id = (name: string): string => named[name] ?? "";
  return {
    convoy: id("convoy"),
    legs: Object.fromEntries(run.plan.legs.map(({ leg }, index) => [leg.id, id(`leg${index}`)])),
    synthesis: run.plan.synthesis === undefined ? undefined : id("synthesis"),
  };
}

function runOperations(access: TownAccess, request: ConvoyRunRequest, run: PlannedRun): readonly Operation[] {
  const { formula, plan, runId } = run;
  const { rig } = request;
  const bead = (part: {
    readonly id: string;
    readonly title: string;
    readonly text: string;
    readonly outputPath: string;
    readonly reviewOnly?: boolean | undefined;
  }) => {
    const agent = run.agentOf(part.id);
    const isReview = part.reviewOnly ?? formula.settings.reviewOnly ?? false;
    const leg: LegFields = {
      id: part.id,
      output_path: part.outputPath,
      ...(isReview ? { review_only: true } : {}),
      ...(agent === undefined ? {} : { agent }),
    };
    return {
      title: `${formula.name}: ${part.title}`.slice(0, 500),
      description: part.text,
      type: "task",
      scope: rig.name,
      metadata: { leg },
    };
  };
  const legs = plan.legs.map(
    ({ leg, title, text, outputPath }, index): Operation => ({
      op: "create",
      as: `leg${index}`,
      bead: {
        ...bead({ id: leg.id, title, text, outputPath, reviewOnly: leg.reviewOnly }),
        infix: "leg",
        labels: [`formula:${formula.name}`, `leg:${leg.id}`],
      },
    }),
  );
  const names = plan.legs.map(({ leg }, index) => ({ leg: leg.id, name: `$leg${index}` }));
  const { synthesis } = plan;
  const issues = [...names.map(({ name }) => name), ...(synthesis === undefined ? [] : ["$synthesis"])];
  const title =
    `${formula.name}: ${request.target.title || run.inputs["problem"] || runId}`.split("\n")[0] ??
    formula.name;
  return [
    ...legs,
    ...(synthesis === undefined
      ? []
      : [
          {
            op: "create",
            as: "synthesis",
            bead: {
              ...bead({ id: "synthesis", ...synthesis }),
              infix: "syn",
              labels: [`formula:${formula.name}`, "synthesis"],
            },
          } as const,
          ...names
            .filter(({ leg }) => synthesis.needs.includes(leg))
            .map(
              ({ name }): Operation => ({
                op: "addDependency",
                edge: { from: "$synthesis", to: name, type: "blocks" },
              }),
            ),
        ]),
    ...newConvoy({
      title: title.slice(0, 80),
      owner: access.actor,
      issues,
      prose: `Run ${runId} of ${formula.name}, output in ${run.outputDirectory}`,
      labels: [`formula:${formula.name}`],
      fields: {
        ...(request.notify.length === 0 ? {} : { notify: request.notify }),
        ...(request.isFed ? {} : { feed: "manual" as const }),
      },
    }),
    {
      op: "update",
      id: "$convoy",
      fields: {
        metadata: {
          formula: formula.name,
          run_id: runId,
          rig: rig.name,
          output_dir: run.outputDirectory,
          legs: plan.legs.map(({ leg }) => leg.id),
          ...(request.target.inputs["pr"] === undefined ? {} : { pr: Number(request.target.inputs["pr"]) }),
          inputs: run.inputs,
        },
      },
    },
    {
      op: "event",
      event: {
        type: "formula_run",
        payload: {
          formula: formula.name,
          run_id: runId,
          convoy: namedBead("convoy"),
          legs: plan.legs.length,
        },
      },
    },
  ];
}
