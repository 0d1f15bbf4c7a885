import type { Formula } from "./formula.ts";
import type { Problem } from "./problem.ts";
import type { Proto } from "./proto.ts";

/** A formula's file as it was found, readable or not. */
export interface FormulaFile {
  readonly name: string;
  /** `project`, `rig`, `town`, `user`, `embedded`, or `file` for one named by its path. */
  readonly tier: string;
  /** Absolute path. */
  readonly path: string;
  /** As people see it: relative to the current directory, or `embedded:<name>`. */
  readonly shown: string;
  readonly text: string;
  readonly sha256: string;
  /** Undefined when it has errors. */
  readonly formula: Formula | undefined;
  readonly problems: readonly Problem[];
  /** The file is a proto, cooked before; then it has no formula. */
  readonly proto?: Proto;
}

/** Where cooking finds the formulas that a formula names (spec/02 §6.1). */
export interface FormulaLibrary {
  /** The file of the first tier that has the name. */
  find(name: string): FormulaFile | undefined;
  /** Every name that can be found. */
  names(): readonly string[];
  /** Directories that were looked at, as people see them. */
  readonly searched: readonly string[];
}
