import type { CommandContext, FlagSpec } from "../command.ts";

/** What may be wished of a session that starts (spec/03 §5.10, §10.3). */
export const startFlags: readonly FlagSpec[] = [
  { name: "agent", value: "name", summary: "runtime for this session" },
  { name: "account", value: "account", summary: "login for this session" },
  {
    name: "resume",
    value: "id",
    summary: "go on with an earlier conversation: its id; alone: the last one",
    alone: { value: "last", unless: /^[^-]/ },
  },
];

export interface StartWishes {
  readonly agent?: string;
  readonly account?: string;
  readonly conversation?: string;
}

export function startWishes({ flags }: Pick<CommandContext, "flags">): StartWishes {
  const [agent, account] = [flags.string("agent"), flags.string("account")];
  const conversation = flags.string("resume");
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(account === undefined ? {} : { account }),
    ...(conversation === undefined ? {} : { conversation }),
  };
}
