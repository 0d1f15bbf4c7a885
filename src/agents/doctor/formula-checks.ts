import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tryCook } from "../../core/formulas/cook.ts";
import { copyState, ejectedHashes, ejectFormula } from "../../core/formulas/ejected.ts";
import {
  findOverlay,
  overlaidFormulas,
  overlayFile,
  overlayPlaces,
} from "../../core/formulas/find-overlay.ts";
import { formulaPlaces } from "../../core/formulas/formula-places.ts";
import type { FormulaFile } from "../../core/formulas/library.ts";
import { openLibrary } from "../../core/formulas/open-library.ts";
import { applyOverlay } from "../../core/formulas/overlay.ts";
import { withoutOverrides } from "../../core/formulas/prune-overlay.ts";
import { FormulaError } from "../../core/formulas/problem.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Check, Finding } from "./check.ts";

/** Formulas and overlays that town and rigs have of their own (spec/02 §6.1, §6.4). */
export const formulaChecks: readonly Check[] = [
  {
    id: "formula-health",
    category: "Core",
    severity: "warning",
    summary: "the town's own formulas are valid, and copies of shipped ones are as new as these",
    run: async (context) => {
      const town = context.town();
      const invalid = ownFormulas(town).filter(({ formula }) => formula === undefined);
      const copies = ejectedCopies(town);
      const outdated = copies.filter(({ state }) => state === "outdated");
      const modified = copies.filter(({ state }) => state === "modified");
      const details = [
        ...invalid.map(
          ({ shown, problems }) => `invalid: ${shown} (${problems[0]?.code}: ${problems[0]?.message})`,
        ),
        ...outdated.map(({ path }) => `outdated: ${path}`),
        ...modified.map(({ path }) => `modified: ${path}`),
      ];
      if (details.length === 0) return undefined;
      const isGrave = invalid.length + outdated.length > 0;
      return {
        message: `${invalid.length} invalid, ${outdated.length} outdated and ${modified.length} modified formulas`,
        details,
        ...(isGrave ? {} : { severity: "info" as const }),
        hint: invalid[0] === undefined ? "gt doctor --fix" : `gt formula check ${invalid[0].name}`,
      };
    },
    fix: async (context) => {
      const outdated = ejectedCopies(context.town()).filter(({ state }) => state === "outdated");
      for (const { shipped, directory } of outdated)
        if (shipped !== undefined) await ejectFormula(shipped, directory);
      return `renewed ${outdated.length} copies of shipped formulas`;
    },
  },
  {
    id: "overlay-health",
    category: "Core",
    severity: "warning",
    summary: "overlays can be read and name steps that are there",
    run: async (context): Promise<Finding | undefined> => {
      const overlays = judgedOverlays(context.town());
      const details = overlays.flatMap(({ path, stale, problem }) => [
        ...(problem === undefined ? [] : [`malformed: ${path}: ${problem}`]),
        ...stale.map((id) => `stale: ${path} names the step "${id}"`),
      ]);
      const [first] = overlays.filter(({ stale, problem }) => problem !== undefined || stale.length > 0);
      return first === undefined
        ? undefined
        : {
            message: `${details.length} overlay entries have no effect`,
            details,
            hint: `gt formula overlay edit ${first.formula}${first.rig === "" ? "" : ` --rig ${first.rig}`}`,
          };
    },
    fix: async (context) => {
      const stale = judgedOverlays(context.town()).filter((overlay) => overlay.stale.length > 0);
      for (const { path, stale: ids } of stale) {
        const left = withoutOverrides(readFileSync(path, "utf8"), new Set(ids));
        if (left.trim() === "") rmSync(path);
        else await writeFileAtomic(path, left);
      }
      return `removed stale entries from ${stale.length} overlays`;
    },
  },
];

/** As each rig sees them: its own over the town's over the shipped. */
const libraryFor = (town: Town, rig?: Rig) => openLibrary(formulaPlaces({ rig, town }), town.root);

function ownFormulas(town: Town): readonly FormulaFile[] {
  const ofRigs = town.rigs().flatMap((rig) =>
    libraryFor(town, rig)
      .all()
      .filter(({ tier }) => tier === "rig"),
  );
  return [
    ...libraryFor(town)
      .all()
      .filter(({ tier }) => tier === "town"),
    ...ofRigs,
  ];
}

function ejectedCopies(town: Town) {
  const shipped = openLibrary(formulaPlaces({}), town.root);
  const roots = [town.root, ...town.rigs().map(({ path }) => path)];
  return roots.flatMap((root) => {
    const directory = join(root, ".beads", "formulas");
    return Object.entries(ejectedHashes(directory)).map(([file, hash]) => {
      const source = shipped.find(file.replace(/\.formula\.(toml|json)$/, ""));
      return {
        path: join(directory, file),
        directory,
        shipped: source,
        state: copyState(directory, file, hash, source?.sha256),
      };
    });
  });
}

interface JudgedOverlay {
  readonly formula: string;
  readonly rig: string;
  readonly path: string;
  /** Ids that name no step. */
  readonly stale: readonly string[];
  readonly problem?: string;
}

function judgedOverlays(town: Town): readonly JudgedOverlay[] {
  const sites = [
    ...overlayPlaces(town, undefined).map((place) => ({ place, rig: undefined })),
    ...town.rigs().flatMap((rig) =>
      overlayPlaces(town, rig)
        .slice(0, 1)
        .map((place) => ({ place, rig })),
    ),
  ];
  return sites.flatMap(({ place, rig }) =>
    overlaidFormulas(place).map((formula): JudgedOverlay => {
      const known = { formula, rig: place.rig, path: overlayFile(place, formula) };
      try {
        const library = libraryFor(town, rig);
        const file = library.find(formula);
        const overrides = findOverlay([place], formula)?.overrides ?? [];
        if (file === undefined) return { ...known, stale: [], problem: `there is no formula "${formula}"` };
        const steps = tryCook(file, library, { mode: "compile" }).proto?.steps;
        // A formula that cannot be cooked is another check's finding.
        return {
          ...known,
          stale: steps === undefined ? [] : applyOverlay(steps, overrides, (text) => text).stale,
        };
      } catch (error) {
        if (!(error instanceof FormulaError)) throw error;
        return { ...known, stale: [], problem: error.problems[0]?.message ?? error.message };
      }
    }),
  );
}
