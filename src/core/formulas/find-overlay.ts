import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { textHash } from "./open-library.ts";
import { type Overlay, parseOverrides } from "./overlay.ts";

/** Where overlays of a town are: the rig's file counts instead of the town's, not on top of it (spec/02 §6.4). */
export interface OverlayPlace {
  readonly scope: "town" | "rig";
  readonly rig: string;
  readonly directory: string;
}

/** The directories, strongest first. */
export function overlayPlaces(
  town: { readonly root: string },
  rig: { readonly name: string; readonly path: string } | undefined,
): readonly OverlayPlace[] {
  const place = (scope: "town" | "rig", name: string, root: string): OverlayPlace => ({
    scope,
    rig: name,
    directory: join(root, "formula-overlays"),
  });
  return [...(rig === undefined ? [] : [place("rig", rig.name, rig.path)]), place("town", "", town.root)];
}

export function overlayFile({ directory }: OverlayPlace, formula: string): string {
  return join(directory, `${formula}.toml`);
}

export interface FoundOverlay extends Overlay {
  readonly place: OverlayPlace;
  readonly text: string;
}

/** The overlay that counts for a formula; undefined when there is none. A `FormulaError` (F062) when it is malformed. */
export function findOverlay(places: readonly OverlayPlace[], formula: string): FoundOverlay | undefined {
  for (const place of places) {
    const path = overlayFile(place, formula);
    const text = readIfThere(path);
    if (text === undefined) continue;
    return { place, path, text, sha256: textHash(text), overrides: parseOverrides(text, path, formula) };
  }
  return undefined;
}

/** Names of the formulas that a place has overlays for. */
export function overlaidFormulas({ directory }: OverlayPlace): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith(".toml"))
      .map((file) => file.slice(0, -".toml".length))
      .sort();
  } catch {
    // A place without the directory has none.
    return [];
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
