import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { packageRoot } from "../package-root.ts";

/** A directory in which formulas are looked for (spec/02 §6.1). */
export interface FormulaPlace {
  readonly tier: FormulaTier;
  readonly directory: string;
}

export const formulaTiers = ["project", "rig", "town", "user", "embedded"] as const;
export type FormulaTier = (typeof formulaTiers)[number];

export interface PlacesOf {
  /** Root of the checkout: of the current directory, or of the rig's reference for what the town does by itself. */
  readonly project?: string | undefined;
  readonly rig?: { readonly path: string } | undefined;
  readonly town?: { readonly root: string } | undefined;
  /** The user's home. */
  readonly home?: string | undefined;
}

/** The directories of all tiers, strongest first; without town there are only project, user and embedded. */
export function formulaPlaces({ project, rig, town, home }: PlacesOf): readonly FormulaPlace[] {
  const below = (root: string) => join(root, ".beads", "formulas");
  const places: readonly (FormulaPlace | undefined)[] = [
    project === undefined ? undefined : { tier: "project", directory: below(project) },
    rig === undefined ? undefined : { tier: "rig", directory: below(rig.path) },
    town === undefined ? undefined : { tier: "town", directory: below(town.root) },
    home === undefined || home === "" ? undefined : { tier: "user", directory: below(home) },
    { tier: "embedded", directory: join(packageRoot(), "formulas") },
  ];
  const known = new Set<string>();
  // The town's root can be a checkout itself: then it is the town's tier.
  return places
    .filter((place) => place !== undefined)
    .reverse()
    .filter(({ directory }) => !known.has(directory) && known.add(directory))
    .reverse();
}

/** Root of the git checkout that holds a directory; undefined outside of any. */
export function checkoutRoot(directory: string): string | undefined {
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}
