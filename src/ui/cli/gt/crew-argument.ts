import { crewAddress, rigOfMember } from "../../../agents/lifecycle/crew.ts";
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
