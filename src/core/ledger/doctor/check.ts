import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { Finding } from "./finding.ts";

/** A scope with the files and the repository that carry its beads. */
export interface DoctorScope {
  readonly scope: string;
  /** Its `issues.jsonl`. */
  readonly path: string;
  readonly repository?: string;
  /** Full name of the sync ref. */
  readonly syncRef?: string;
}

export interface DoctorContext {
  readonly ledger: SqliteLedger;
  /** The `.beads` directory. */
  readonly beadsDir: string;
  readonly scopes: readonly DoctorScope[];
  readonly actor: string;
  /** Also what takes long: SQLite's full check of every page. */
  readonly isDeep: boolean;
}

/** One thing that is looked at, and put right if that is safe (spec/01 §10.6). */
export interface Check {
  readonly name: string;
  readonly category: "database" | "beads" | "files";
  examine(context: DoctorContext): Promise<Finding>;
  repair?(context: DoctorContext): Promise<void>;
}
