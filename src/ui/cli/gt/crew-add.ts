import { addCrew } from "../../../agents/lifecycle/crew.ts";
import type { CommandContext } from "../command.ts";
import { memberOf } from "./crew-argument.ts";

/** `gt crew add` (spec/04 §4). */
export async function run(context: CommandContext): Promise<number> {
  const { args, flags, out } = context;
  const access = await context.access();
  const added = [];
  for (const word of new Set(args)) {
    const { rig, name } = await memberOf(context, word);
    const member = await addCrew(access, rig, name, { ownBranch: flags.boolean("branch") });
    if (member.isNew) {
      added.push(member);
      for (const warning of member.warnings) out.warn(warning);
      out.done(`👷 ${member.address}`);
      out.line(`  path    ${member.path}`);
      out.line(`  branch  ${member.branch}`);
      out.line(`  bead    ${member.beadId}`);
    } else out.warn(`${member.address} exists already`);
  }
  out.document({ ok: added.length > 0, added });
  return added.length > 0 ? 0 : 1;
}
