import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Town } from "../town/town.ts";

/** A part of a town's ledger with the file and the repository that carry its beads to other clones (spec/01 §1, §9.7). */
export interface ScopePlace {
  readonly scope: string;
  /** Its `issues.jsonl`. */
  readonly path: string;
  /** Absent for a town that is not kept in git. */
  readonly repository?: string;
}

/** The town itself and its rigs. */
export function townScopes(town: Town): readonly ScopePlace[] {
  const file = (directory: string) => join(directory, ".beads", "issues.jsonl");
  const isInGit = existsSync(join(town.root, ".git"));
  return [
    { scope: "town", path: file(town.root), ...(isInGit ? { repository: town.root } : {}) },
    ...town.rigs().map((rig) => ({ scope: rig.name, path: file(rig.path), repository: rig.repository })),
  ];
}
