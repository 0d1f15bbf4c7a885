import type { CommandSpec, FlagSpec } from "../command.ts";

/** Filters of everything that lists events. */
export const eventFilterFlags: readonly FlagSpec[] = [
  { name: "limit", short: "n", value: "n", summary: "newest n after filtering; 0 for all", default: "100" },
  { name: "since", value: "time", summary: "not older than: 30m, 2h, 7d, a date or date-time" },
  {
    name: "type",
    value: "types",
    list: true,
    summary: "event types, or agent, work, merge, comms, patrol, system",
  },
  { name: "rig", value: "rig", summary: "of one rig" },
  { name: "mol", value: "text", summary: "id of a bead, molecule, MR or convoy, or a part of the message" },
  { name: "actor", value: "address", summary: "by one actor" },
  { name: "audit", summary: "also events that are history only" },
];

export const feedCommands: readonly CommandSpec[] = [
  {
    name: "feed",
    group: "diag",
    summary: "what happens in the town",
    description:
      "Opens the terminal UI's activity view. Without a terminal, with --plain or with --json it prints the events, oldest first.",
    flags: [
      { name: "problems", short: "p", summary: "agents that need attention; exit 3 when there are some" },
      { name: "follow", short: "f", summary: "keep printing new events" },
      { name: "no-follow", summary: "print what there is and end" },
      ...eventFilterFlags,
      {
        name: "panels",
        value: "list",
        list: true,
        summary: "sections: agents, convoys, problems, queue, events",
      },
      { name: "window", short: "w", summary: "inside tmux: in a window of its own, called feed" },
    ],
    examples: ["gt feed", "gt feed --plain --since 1h --type merge", "gt feed --json --follow"],
    seeAlso: ["gt status", "gt log"],
    load: () => import("./feed.ts"),
  },
];
