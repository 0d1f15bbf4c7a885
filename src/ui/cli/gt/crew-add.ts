import { addCrew, expectCrewName } from "../../../agents/lifecycle/crew.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { type Member, memberOf } from "./crew-argument.ts";

/** `gt crew add` (spec/04 §4): what cannot be made is told and left out; it fails when none could. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const members = new Map<string, Member>();
  for (const word of args) {
    const member = await memberOf(context, word);
    expectCrewName(member.name);
    members.set(member.address, member);
  }
  const added = [];
  const problems: GtError[] = [];
  for (const { rig, name, address } of members.values()) {
    try {
      const member = await addCrew(access, rig, name, { ownBranch: flags.boolean("branch") });
      if (!member.isNew) throw existsAlready(address, `${rig.name}/${name}`);
      added.push(member);
      for (const warning of member.warnings) out.warn(warning);
      out.done(`👷 ${member.address}`);
      out.line(`  path    ${member.path}`);
      out.line(`  branch  ${member.branch}`);
      out.line(`  bead    ${member.beadId}`);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      problems.push(error);
    }
  }
  const [first, second] = problems;
  if (first !== undefined && added.length === 0)
    throw second === undefined
      ? first
      : new GtError(first.code, "no crew member was made", {
          why: problems.map((problem) => problem.message),
          ...(first.hint === undefined ? {} : { hint: first.hint }),
        });
  for (const problem of problems) out.warn(problem.message);
  out.document({ ok: true, added, skipped: problems.map(({ code, message }) => ({ code, message })) });
}

const existsAlready = (address: string, short: string): GtError =>
  new GtError("E_EXISTS", `${address} exists already`, { hint: `gt crew at ${short}` });
