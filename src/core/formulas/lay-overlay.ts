import { existsSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../gt-error.ts";
import type { Bead } from "../ledger/bead.ts";
import { type MoleculeRecord, moleculeRecord } from "./molecule-record.ts";

/** The root of a molecule as it is to be followed now. */
export type Lay = (root: Bead) => Bead;

/** Of a town, as far as overlays go. */
interface OverlayTown {
  readonly root: string;
  rigOfBead(id: string): { readonly name: string; readonly path: string } | undefined;
}

/**
 * What the operator's overlay changes in the steps of a root-only molecule, each time it is looked at (spec/02 §6.4). A
 * step that is finished stays as it was. Most formulas have none, and then nothing is loaded.
 */
export async function layFor(town: OverlayTown, root: Bead): Promise<Lay> {
  const record = moleculeRecord(root);
  const rig = town.rigOfBead(root.id);
  const files = [rig?.path, town.root].flatMap((place) =>
    place === undefined ? [] : [join(place, "formula-overlays", `${record?.formula}.toml`)],
  );
  if (record?.mode !== "root-only" || !files.some((file) => existsSync(file))) return (bead) => bead;
  const [{ findOverlay, overlayPlaces }, { applyOverlay }, { substitute }] = await Promise.all([
    import("./find-overlay.ts"),
    import("./overlay.ts"),
    import("./substitute.ts"),
  ]);
  try {
    const overlay = findOverlay(overlayPlaces(town, rig), record.formula);
    if (overlay === undefined) return (bead) => bead;
    const { path, sha256 } = overlay;
    return (bead) => {
      const own = moleculeRecord(bead);
      if (own?.proto === undefined) return bead;
      const begun = new Set(Object.keys(own.progress ?? {}));
      const overrides = overlay.overrides.filter(({ mode, stepId }) => mode !== "skip" || !begun.has(stepId));
      const { steps } = applyOverlay(own.proto, overrides, (text) =>
        substitute(text, (name) => own.vars[name]),
      );
      const laid: MoleculeRecord = { ...own, proto: steps, overlay: { path, sha256 } };
      return { ...bead, metadata: { ...bead.metadata, mol: laid } };
    };
  } catch (error) {
    // A malformed overlay changes nothing; gt doctor and gt formula overlay show say what is wrong with it.
    if (error instanceof GtError) return (bead) => bead;
    throw error;
  }
}
