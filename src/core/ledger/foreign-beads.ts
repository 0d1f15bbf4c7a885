import { existsSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../gt-error.ts";

/** What to do with beads that another program keeps in a form of its own (spec/01 §9.2). */
export const foreignHint =
  "export everything with the program that made it (bd export --all -o all.jsonl), move it away, then: bd init && bd import all.jsonl";

export function foreignError(path: string): GtError {
  return new GtError("E_FOREIGN", `${path} was made by another program`, { hint: foreignHint });
}

/** A database of another program in a `.beads` directory that has none of ours. */
export function foreignBeads(beadsDir: string): string | undefined {
  const path = join(beadsDir, "dolt");
  return existsSync(path) && !existsSync(join(beadsDir, "beads.db")) ? path : undefined;
}
