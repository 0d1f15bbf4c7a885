import { overlayPlaces } from "../../core/formulas/find-overlay.ts";
import { formulaPlaces } from "../../core/formulas/formula-places.ts";
import { instantiate } from "../../core/formulas/instantiate.ts";
import type { FormulaFile } from "../../core/formulas/library.ts";
import { moleculeRecord } from "../../core/formulas/molecule-record.ts";
import { type OpenLibrary, openLibrary } from "../../core/formulas/open-library.ts";
import { workValues } from "../../core/formulas/work-values.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { readRigProperties } from "../../core/town/rig-properties.ts";
import { textSetting } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import type { Attachment } from "./attachment.ts";
import { droppingMolecule } from "./attached-molecule.ts";
import type { SlingOptions } from "./sling-request.ts";

/** The formula by which a bead is to be worked on. */
export interface Workflow {
  readonly file: FormulaFile;
  readonly library: OpenLibrary;
  /** Somebody named it; what is wrong with one that nobody named does not stop the work. */
  readonly isWished: boolean;
}

const reportFormula = "mol-polecat-report";

/** Formulas as a sling finds them: those of the rig's own project come first (spec/02 §6.1). */
export function slingLibrary(access: TownAccess, rig: Rig | undefined): OpenLibrary {
  const places = formulaPlaces({
    project: rig?.reference,
    rig,
    town: access.town,
    home: process.env["HOME"],
  });
  return openLibrary(places, access.town.root);
}

/**
 * The formula of `--formula` or `--on`; without a wish that of the rig, for AI polecats (spec/04 §2.1). Undefined: the bead
 * is worked on as it is. Throws for a wished one that is not there.
 */
export async function chooseWorkflow(
  access: TownAccess,
  work: { readonly rig: Rig | undefined; readonly bead: Bead; readonly isAi: boolean },
  options: SlingOptions,
): Promise<Workflow | undefined> {
  const { rig, bead } = work;
  if (options.raw === true) return undefined;
  if (options.formula !== undefined) {
    const library = slingLibrary(access, rig);
    return { file: library.require(options.formula), library, isWished: true };
  }
  // A molecule that is slung by itself has its steps already.
  if (!work.isAi || rig === undefined || moleculeRecord(bead) !== undefined) return undefined;
  const name = await defaultFormula(access, rig, options);
  if (name === "") return undefined;
  const library = slingLibrary(access, rig);
  const file = (options.reviewOnly === true ? library.find(reportFormula) : undefined) ?? library.find(name);
  return file === undefined ? undefined : { file, library, isWished: false };
}

async function defaultFormula(access: TownAccess, rig: Rig, { reviewOnly }: SlingOptions): Promise<string> {
  const property = (await readRigProperties(access.town, access.ledger, rig)).find(
    ({ key }) => key === "default_formula",
  );
  if (property?.source === "blocked") return "";
  const own = property?.source === "default" ? undefined : property?.effective;
  const name =
    typeof own === "string"
      ? own
      : textSetting(access.town.rigSettings(rig.name), "workflow.default_formula");
  if (name === "none") return "";
  return name === "" && reviewOnly === true ? reportFormula : name;
}

/** A molecule that guides the work on a bead, ready to be part of the batch that hooks it. */
export interface Guide {
  readonly operations: readonly Operation[];
  /** What the bead's attachment says of it. */
  readonly attachment: Attachment;
  readonly molecule: string;
  readonly formula: string;
}

export interface GuideRequest {
  readonly workflow: Workflow;
  readonly bead: Bead;
  readonly rig: Rig | undefined;
  /** Who will work by it. */
  readonly address: string;
  readonly baseBranch?: string;
  readonly vars: Readonly<Record<string, string>>;
}

/**
 * Instantiates the formula for the bead as a wisp (spec/02 §7.2, §7.3); what was attached before is dropped in the same
 * batch. Throws `E_FORMULA` or `E_FORMULA_VARS`.
 */
export async function guideFor(access: TownAccess, request: GuideRequest): Promise<Guide> {
  const { workflow, bead, rig, address, baseBranch, vars } = request;
  const { file, library } = workflow;
  const made = await instantiate(access.ledger, access.random, {
    ...{ file, library, phase: "vapor", scope: bead.scope, now: access.clock.now() },
    ...{ base: bead.id, assignee: address, status: "in_progress" },
    overlays: overlayPlaces(access.town, rig),
    values: workValues(file.formula, {
      ...{ given: vars, isTrusted: isTrusted(access.actor), bead, town: access.town, rig },
      ...{ agent: address, now: access.clock.now(), baseBranch },
    }),
  });
  return {
    operations: [...(await droppingMolecule(access.ledger, bead, "replaced")), ...made.operations],
    attachment: {
      molecule: made.root,
      formula: made.proto.proto,
      formula_version: made.proto.version,
      ...(made.proto.review_only === true ? { review_only: true } : {}),
      ...(Object.keys(vars).length === 0 ? {} : { vars }),
    },
    molecule: made.root,
    formula: made.proto.proto,
  };
}

/** A person and the Mayor may give commands, other agents may not (spec/02 §9.2). */
export const isTrusted = (actor: string): boolean => actor === "overseer" || actor === "mayor/";

/** The same, except that a formula that nobody asked for and that cannot be used is only told of. */
export async function guideOrWarning(
  access: TownAccess,
  request: GuideRequest,
): Promise<Guide | { readonly warning: string }> {
  try {
    return await guideFor(access, request);
  } catch (error) {
    if (request.workflow.isWished || !(error instanceof GtError)) throw error;
    return { warning: `${request.bead.id} is worked on without a workflow: ${error.message}` };
  }
}
