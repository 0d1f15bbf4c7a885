import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { importText } from "../ledger/jsonl/import-records.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { SqliteLedger } from "../ledger/store/sqlite-ledger.ts";
import type { Rig } from "./town.ts";

export interface ProjectImport {
  readonly imported: number;
  readonly warnings: readonly string[];
}

/**
 * Takes in the beads that a project carries on its default branch (spec/07 §5.3 step 6). Repeating it changes nothing.
 * The rig is there already: what cannot be read is a warning with the command to try again.
 */
export async function importProjectBeads(
  ledger: Ledger,
  rig: Rig,
  { actor, clock }: { readonly actor: string; readonly clock: Clock },
): Promise<ProjectImport> {
  const file = join(rig.reference, ".beads", "issues.jsonl");
  if (!existsSync(file) || !(ledger instanceof SqliteLedger)) return { imported: 0, warnings: [] };
  try {
    const report = await importText(ledger, readFileSync(file, "utf8"), {
      actor,
      now: clock.now(),
      scope: rig.name,
      skipInvalid: true,
      allowForeign: true,
    });
    const skipped = report.invalid.map(({ line, why }) => `line ${line} of ${file} was left out: ${why}`);
    return { imported: report.created, warnings: [...skipped.slice(0, 5), ...report.warnings] };
  } catch (error) {
    return {
      imported: 0,
      warnings: [
        `the project's beads were not imported: ${(error as Error).message}; try again: bd import ${file} --rig ${rig.name}`,
      ],
    };
  }
}
