import type { CommandSpec } from "../command.ts";

export const logCommands: readonly CommandSpec[] = [
  {
    name: "log",
    group: "diag",
    summary: "lifecycle of agents: starts, ends, deaths, nudges",
    description: "A view of the event log with the events in which an agent's life changes.",
    flags: [
      { name: "limit", short: "n", value: "n", default: "20", summary: "newest n" },
      { name: "type", short: "t", value: "type", list: true, summary: "event types; wake and crash too" },
      { name: "agent", short: "a", value: "prefix", summary: "agents whose address begins so" },
      { name: "since", value: "time", summary: "not older than" },
      { name: "follow", short: "f", summary: "keep printing new ones" },
    ],
    subcommands: [
      {
        name: "crash",
        summary: "record how a session ended that nobody watched",
        flags: [
          { name: "agent", value: "address", summary: "whose session it was" },
          { name: "session", value: "name", summary: "name of the session" },
          {
            name: "exit-code",
            value: "n",
            default: "1",
            summary: "0 ended, 130 was killed, anything else died",
          },
        ],
        examples: ["gt log crash --agent web/polecats/nux --exit-code 1"],
        load: () => import("./log-crash.ts"),
      },
    ],
    examples: ["gt log", "gt log -t crash --since 1d", "gt log -a web/ -f"],
    seeAlso: ["gt feed"],
    load: () => import("./log.ts"),
  },
];
