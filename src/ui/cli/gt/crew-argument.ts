import { crewAddress, rigOfMember } from "../../../agents/lifecycle/crew.ts";
import { usageError } from "../../../core/gt-error.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

export interface Member {
  readonly rig: Rig;
  readonly name: string;
  readonly address: string;
}

/** `<rig>/<name>`, `<rig>/crew/<name>` or a name that only one rig has. */
export async function memberOf(context: CommandContext, word: string): Promise<Member> {
  const town = await context.town();
  const parsed = parseAddress(word);
  const [first = "", second, third] = word.split("/");
  const given =
    parsed?.role === "crew" ? parsed.rig : second !== undefined && third === undefined ? first : undefined;
  const name = parsed?.role === "crew" ? parsed.name : (second ?? first);
  const rig = rigOfMember(town, name, context.flags.string("rig") ?? given ?? context.env["GT_RIG"]);
  return { rig, name, address: crewAddress(rig, name) };
}

/**
 * The members that `[rig] [name...]` and `--all` mean: the named ones, else with `--all` every member of the rig, or of
 * the town when none is named. Nobody named is `E_USAGE`, or `without` a name everybody.
 */
export async function membersOf(
  context: CommandContext,
  without: "refuse" | "everybody" = "refuse",
): Promise<readonly Member[]> {
  const { args, flags } = context;
  const { town, ledger } = await context.access();
  const isAll = flags.boolean("all") || (without === "everybody" && args.length === 0);
  const [first, ...others] = args;
  const leading = first !== undefined && (isAll || others.length > 0) ? town.findRig(first) : undefined;
  const words = leading === undefined ? args : others;
  const named =
    leading ?? (flags.string("rig") === undefined ? undefined : town.rig(flags.string("rig") ?? ""));
  if (words.length > 0) {
    const members = new Map<string, Member>();
    for (const word of words) {
      const member = await memberOf(
        context,
        leading === undefined || word.includes("/") ? word : `${leading.name}/${word}`,
      );
      members.set(member.address, member);
    }
    return [...members.values()];
  }
  if (!isAll) throw usageError("which crew member?", { hint: "gt crew list" });
  const crew = await ledger.agents({ role: "crew", ...(named === undefined ? {} : { rig: named.name }) });
  return crew
    .filter((agent) => agent.state !== "nuked")
    .map((agent) => ({ rig: town.rig(agent.rig), name: agent.name, address: agent.address }));
}
