import type { Ledger } from "../ledger/ledger.ts";
import type { Random } from "../random.ts";
import { cook } from "./cook.ts";
import { findOverlay, type OverlayPlace } from "./find-overlay.ts";
import type { FormulaFile, FormulaLibrary } from "./library.ts";
import {
  type MoleculeForm,
  newMoleculeId,
  type Pouring,
  pouring,
  type PourRequest,
  wispForm,
} from "./pour.ts";
import type { Proto } from "./proto.ts";
import type { ValueSource } from "./variable-values.ts";

export interface InstanceRequest
  extends Pick<PourRequest, "phase" | "scope" | "now" | "base" | "assignee" | "status" | "parent"> {
  readonly file: FormulaFile;
  readonly library: FormulaLibrary;
  /** Strongest first. */
  readonly values: readonly ValueSource[];
  /** Where overlays are; those of root-only molecules count when they are looked at, not now. */
  readonly overlays?: readonly OverlayPlace[];
  /** Wish for a wisp's form; a liquid molecule is always poured. */
  readonly form?: MoleculeForm;
  /** Id of the root; a new one by default. */
  readonly root?: string;
}

export interface Instance extends Pouring {
  readonly proto: Proto;
  readonly root: string;
  readonly form: MoleculeForm;
}

/**
 * Cooks a formula for one molecule and gives the batch that makes it (spec/02 §7). Throws a `FormulaError`, or F063 for a
 * form that the formula cannot have; nothing is written.
 */
export async function instantiate(
  ledger: Ledger,
  random: Random,
  request: InstanceRequest,
): Promise<Instance> {
  const { file, library, values, overlays = [], phase, form: wish, ...place } = request;
  const root = request.root ?? (await newMoleculeId(ledger, random, place.scope, phase));
  const overlay = findOverlay(overlays, file.name);
  const cooked = (isPoured: boolean): Proto =>
    cook(file, library, {
      mode: "runtime",
      values,
      molecule: { id: root, isPoured },
      ...(overlay === undefined || !isPoured ? {} : { overlay }),
    });
  const guess = phase === "liquid" || wish === "poured" || file.formula?.settings.pour === true;
  let proto = cooked(guess);
  const form = phase === "liquid" ? "poured" : wispForm(proto, wish);
  if ((form === "poured") !== guess) proto = cooked(form === "poured");
  return {
    ...pouring({
      ...place,
      ...{ proto, form, phase, root },
      overlay:
        overlay === undefined || form === "root-only" ? null : { path: overlay.path, sha256: overlay.sha256 },
    }),
    ...{ proto: { ...proto, warnings: [...proto.warnings, ...ignored(proto)] }, root, form },
  };
}

/** What a formula may say and nobody acts on. */
function ignored({ steps }: Proto): readonly string[] {
  return steps.flatMap(({ id, on_complete, loop }) => [
    ...(on_complete === undefined
      ? []
      : [
          `${id}: nothing is made by itself when it closes; make it by hand: bd mol bond <step> ${on_complete.bond}`,
        ]),
    ...(loop === undefined
      ? []
      : [`${id}: its loop is gone through once; until "${loop.until}" is not looked at`]),
  ]);
}
