import { crewAddress, rigOfMember, rigsWith } from "../../../agents/lifecycle/crew.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { rigOfDirectory } from "../../../core/town/actor.ts";
import { parseAddress } from "../../../core/town/address.ts";
import type { Rig, Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

export interface Member {
  readonly rig: Rig;
  readonly name: string;
  readonly address: string;
}

/** `<rig>/<name>`, `<rig>/crew/<name>`, or a name of the rig at hand, else of the only rig that has it (spec/04 §4). */
export async function memberOf(context: CommandContext, word: string): Promise<Member> {
  const town = await context.town();
  const parsed = parseAddress(word);
  const [first = "", second, third] = word.split("/");
  const given =
    parsed?.role === "crew" ? parsed.rig : second !== undefined && third === undefined ? first : undefined;
  const name = parsed?.role === "crew" ? parsed.name : (second ?? first);
  const rig = rigOfMember(town, name, context.flags.string("rig") ?? given ?? rigAtHand(context, town));
  return { rig, name, address: crewAddress(rig, name) };
}

/** The same for a member who must be there; `E_AGENT_NOT_FOUND` says where else there is one of that name. */
export async function existingMember(context: CommandContext, word: string): Promise<Member> {
  const member = await memberOf(context, word);
  const { town, ledger } = await context.access();
  const agent = await ledger.agent(member.address);
  if (agent !== undefined && agent.state !== "nuked") return member;
  const [elsewhere] = rigsWith(town, member.name).filter((rig) => rig.name !== member.rig.name);
  throw new GtError("E_AGENT_NOT_FOUND", `there is no crew member ${member.address}`, {
    ...(elsewhere === undefined ? {} : { why: [`there is ${crewAddress(elsewhere, member.name)}`] }),
    hint: elsewhere === undefined ? "gt crew list --all" : `gt crew status ${elsewhere.name}/${member.name}`,
  });
}

/** Nobody was named: the caller himself, else the only member of the rig at hand, else of the town. `E_USAGE`. */
export async function memberAtHand(context: CommandContext): Promise<Member> {
  const { town, ledger, actor } = await context.access();
  const caller = parseAddress(actor);
  if (caller?.role === "crew") return existingMember(context, actor);
  const named = context.flags.string("rig");
  const rig = named === undefined ? rigAtHand(context, town) : town.rig(named).name;
  const crew = (await ledger.agents({ role: "crew", ...(rig === undefined ? {} : { rig }) })).filter(
    (agent) => agent.state !== "nuked",
  );
  const [only, second] = crew;
  if (only !== undefined && second === undefined) return existingMember(context, only.address);
  throw usageError("which crew member?", {
    why: [crew.map((agent) => `${agent.rig}/${agent.name}`).join(", ") || "there is none yet"],
    hint:
      only === undefined ? "gt crew add <name>" : `gt ${context.words.join(" ")} ${only.rig}/${only.name}`,
  });
}

/** The rig of the session or of the directory; undefined outside of any. */
export function rigAtHand({ env, cwd }: CommandContext, town: Town): string | undefined {
  return env["GT_RIG"] || rigOfDirectory(cwd, town)?.name;
}

/**
 * The members that `[rig] [name...]` and `--all` mean: the named ones, else every member of the rig named, else with
 * `--all` those of the town. Nobody named is `E_USAGE`, or `without` a name everybody.
 */
export async function membersOf(
  context: CommandContext,
  without: "refuse" | "everybody" = "refuse",
): Promise<readonly Member[]> {
  const { args, flags } = context;
  const { town, ledger } = await context.access();
  const isAll = flags.boolean("all") || (without === "everybody" && args.length === 0);
  const [first, ...others] = args;
  // A lone word is a member's name before it is a rig's.
  const mayBeRig = first !== undefined && (isAll || others.length > 0 || rigsWith(town, first).length === 0);
  const leading = mayBeRig ? town.findRig(first) : undefined;
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
  if (!isAll && leading === undefined) throw usageError("which crew member?", { hint: "gt crew list" });
  const crew = await ledger.agents({ role: "crew", ...(named === undefined ? {} : { rig: named.name }) });
  return crew
    .filter((agent) => agent.state !== "nuked")
    .map((agent) => ({ rig: town.rig(agent.rig), name: agent.name, address: agent.address }));
}
