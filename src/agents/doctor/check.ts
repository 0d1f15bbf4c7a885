import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";

export type CheckCategory = "System" | "Core" | "Ledger" | "Services" | "Rigs";

/** What a check may use. It opens things itself and never assumes that another check has passed (spec/07 §8.1). */
export interface CheckContext {
  /** Absolute path of the town; checks of category System do without. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  town(): Town;
  ledger(): Promise<Ledger>;
  access(): Promise<TownAccess>;
}

/** What a check found; nothing means that all is well. */
export interface Finding {
  readonly message: string;
  readonly details?: readonly string[];
  /** The next command to type. */
  readonly hint?: string;
  /** Milder than the check's own severity. */
  readonly severity?: Severity;
}

export type Severity = "error" | "warning" | "info";

export interface Check {
  readonly id: string;
  readonly category: CheckCategory;
  /** Worst result. */
  readonly severity: Severity;
  /** What it verifies, for `--list` and for passing checks. */
  readonly summary: string;
  readonly run: (context: CheckContext) => Promise<Finding | undefined>;
  /** Milliseconds after which the fix has failed, where it takes longer than a look. */
  readonly fixTimeoutMs?: number;
  /** Puts it right without deleting work, and says what was done. */
  readonly fix?: (context: CheckContext) => Promise<string>;
}

/** The same for each rig. */
export interface RigCheck extends Omit<Check, "run" | "fix" | "category"> {
  readonly category: "Rigs";
  readonly runForRig: (context: CheckContext, rig: Rig) => Promise<Finding | undefined>;
  readonly fixRig?: (context: CheckContext, rig: Rig) => Promise<string>;
}
