import { layFor } from "../../../core/formulas/lay-overlay.ts";
import { stepRecord } from "../../../core/formulas/molecule-record.ts";
import { moleculeAbove } from "../../../core/formulas/molecule.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

/** What is on an agent's hook, and the molecule by which it is worked on. */
export interface HookedWork {
  readonly access: TownAccess;
  readonly address: string;
  readonly bead: Bead | undefined;
  readonly root: Bead | undefined;
}

export async function hookedWork(context: CommandContext, word: string | undefined): Promise<HookedWork> {
  const access = await context.access();
  const address = await agentOf(context, word);
  const { readHook } = await import("../../../agents/prime/read-hook.ts");
  const { bead, problem } = await readHook(access.ledger, address);
  if (problem !== undefined) throw new GtError("E_LEDGER", problem, { hint: "gt doctor" });
  const { moleculeOfWork } = await import("../../../agents/lifecycle/attached-molecule.ts");
  const found = bead === undefined ? undefined : await moleculeOfWork(access.ledger, bead);
  const root = found && (await layFor(access.town, found))(found);
  return { access, address, bead, root };
}

/** The molecule that a word names by its root or one of its steps; without a word, the caller's own. */
export async function rootNamed(
  context: CommandContext,
  word: string | undefined,
): Promise<{ readonly access: TownAccess; readonly root: Bead }> {
  if (word === undefined) {
    const { access, root, address } = await hookedWork(context, undefined);
    if (root !== undefined) return { access, root };
    throw new GtError("E_NO_MOLECULE", `${address} works by no molecule`, { hint: "gt hook" });
  }
  const access = await context.access();
  const { ledger } = access;
  const bead = await ledger.get(await ledger.resolve(word.split(":")[0] ?? word));
  if (bead === undefined) throw new GtError("E_NOT_FOUND", `no bead ${word}`, { hint: "bd mol list" });
  if (stepRecord(bead) === undefined) return { access, root: (await layFor(access.town, bead))(bead) };
  return { access, root: (await moleculeAbove(ledger, bead)) ?? bead };
}
