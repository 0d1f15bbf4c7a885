import { recoverOrphan } from "../../../agents/lifecycle/orphans.ts";
import type { CommandContext } from "../command.ts";
import { rigOf } from "./rig-of.ts";

/** `gt orphans recover <commit>` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const rig = rigOf(context, await context.town(), flags.string("rig"));
  const branch = await recoverOrphan(rig, args[0] ?? "", flags.string("branch"));
  out.document({ ok: true, rig: rig.name, branch });
  out.done(`the branch ${branch} of ${rig.name} has it now`);
}
