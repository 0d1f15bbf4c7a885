import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import { errorLines } from "../print-error.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Does the same to several beads, each in its own transaction. One failing id is told on stderr and does not stop the
 * others; a single id keeps its specific error, several of which none succeeded end with 1 (spec/01 §10.1).
 */
export async function eachBead(
  { out }: CommandContext,
  workspace: Workspace,
  inputs: readonly string[],
  change: (bead: Bead, index: number) => Promise<Bead | undefined>,
): Promise<readonly Bead[]> {
  const done: Bead[] = [];
  const failures: GtError[] = [];
  for (const [index, input] of inputs.entries()) {
    try {
      const id = await workspace.resolve(input);
      const before = await workspace.ledger.get(id);
      if (before === undefined) throw notFound(input);
      const after = await change(before, index);
      if (after !== undefined) done.push(after);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return done;
  if (inputs.length === 1) throw first;
  for (const failure of failures) for (const line of errorLines(failure, "Error:")) out.error(line);
  if (done.length > 0) return done;
  throw new GtError("E_FAILED", `none of ${inputs.length} issues could be changed`, {
    details: { errors: failures.map((failure) => ({ code: failure.code, error: failure.message })) },
  });
}

export function notFound(input: string): GtError {
  return new GtError("E_NOT_FOUND", `no issue found matching "${input}"`, { exitCode: 3, hint: "bd list" });
}

/** The bead as it is now. */
export async function reread(workspace: Workspace, id: string): Promise<Bead> {
  const bead = await workspace.ledger.get(id);
  if (bead === undefined) throw notFound(id);
  return bead;
}
