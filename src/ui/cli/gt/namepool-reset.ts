import { resetOverflow } from "../../../agents/lifecycle/overflow-names.ts";
import type { CommandContext } from "../command.ts";
import { rigOf } from "./rig-of.ts";

/** `gt namepool reset` (spec/04 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const { town, ledger, actor } = await context.access();
  const rig = rigOf(context, town, flags.string("rig"));
  await ledger.write(actor, [resetOverflow(rig)]);
  out.document({ ok: true, rig: rig.name });
  out.done(`numbers of ${rig.name} begin anew; polecats keep theirs`);
}
