import type { CommandContext } from "../command.ts";
import { run as get } from "./config-get.ts";
import { run as list } from "./config-list.ts";
import { run as set } from "./config-set.ts";
import { run as unset } from "./config-unset.ts";

/** `gt rig settings show|set|unset <rig> ...`: `gt config` with the rig in front (spec/07 §6.5). */
export async function run(context: CommandContext): Promise<void> {
  const [rig = "", ...args] = context.args;
  const asRig: CommandContext = { ...context, args, flags: withRig(context.flags, rig) };
  switch (context.words.at(-1)) {
    case "set":
      return set(asRig);
    case "unset":
      return unset(asRig);
    default:
      return args.length === 0 ? list(asRig) : get(asRig);
  }
}

function withRig(flags: CommandContext["flags"], rig: string): CommandContext["flags"] {
  return {
    has: (name) => name === "rig" || flags.has(name),
    boolean: (name) => flags.boolean(name),
    string: (name) => (name === "rig" ? rig : flags.string(name)),
    strings: (name) => flags.strings(name),
    integer: (name) => flags.integer(name),
    duration: (name) => flags.duration(name),
    since: (name) => flags.since(name),
  };
}
