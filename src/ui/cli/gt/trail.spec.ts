import type { CommandSpec, FlagSpec } from "../command.ts";
import { eventFilterFlags } from "./feed.spec.ts";

const since: FlagSpec = { name: "since", value: "time", summary: "not older than" };
const limit: FlagSpec = { name: "limit", short: "n", value: "n", default: "20", summary: "newest n" };
const load = () => import("./trail.ts");

export const trailCommands: readonly CommandSpec[] = [
  {
    name: "trail",
    aliases: ["recent", "recap"],
    group: "work",
    summary: "what agents did lately: commits, beads, hooks",
    flags: [since, limit, { name: "all", summary: "people's commits too" }],
    subcommands: [
      {
        name: "commits",
        summary: "commits of agents",
        flags: [since, limit, { name: "all", summary: "people's commits too" }],
        examples: ["gt trail commits --since 1d"],
        load,
      },
      {
        name: "beads",
        summary: "work that changed",
        flags: [since, limit],
        examples: ["gt trail beads"],
        load,
      },
      { name: "hooks", summary: "who took what", flags: [since, limit], examples: ["gt trail hooks"], load },
    ],
    examples: ["gt trail", "gt trail commits --all"],
    seeAlso: ["gt audit", "gt feed"],
    load,
  },
  {
    name: "audit",
    group: "diag",
    summary: "one timeline of commits, beads and events",
    flags: [
      { name: "actor", value: "address", summary: "by one actor: whole address or last part" },
      since,
      { name: "limit", short: "n", value: "n", default: "50", summary: "newest n" },
    ],
    examples: ["gt audit --actor nux --since 1d"],
    seeAlso: ["gt trail"],
    load: () => import("./audit.ts"),
  },
  {
    name: "activity",
    group: "diag",
    summary: "read or write events",
    flags: eventFilterFlags,
    subcommands: [
      {
        name: "list",
        summary: "the newest events",
        flags: eventFilterFlags,
        examples: ["gt activity list --type merge"],
        load: () => import("./activity.ts"),
      },
      {
        name: "emit",
        summary: "write one event",
        args: [{ name: "type" }],
        flags: [
          "actor",
          "rig",
          "polecat",
          "target",
          "reason",
          "message",
          "status",
          "issue",
          "to",
          "count",
        ].map((name) => ({ name, value: name, summary: `the event's ${name}` })),
        examples: ["gt activity emit patrol_started --rig web --message 'looking around'"],
        load: () => import("./activity-emit.ts"),
      },
    ],
    examples: ["gt activity", "gt activity emit patrol_complete --rig web"],
    load: () => import("./activity.ts"),
  },
  {
    name: "vitals",
    group: "diag",
    summary: "health of the machinery; exit 3 when something needs care",
    examples: ["gt vitals", "gt vitals --json"],
    seeAlso: ["gt doctor", "gt status"],
    load: () => import("./vitals.ts"),
  },
  {
    name: "statusline",
    aliases: ["status-line"],
    group: "diag",
    summary: "one short line for a prompt or a tmux bar",
    flags: [
      { name: "session", value: "name", summary: "for the agent of this session" },
      {
        name: "format",
        value: "format",
        choices: ["plain", "tmux"],
        default: "plain",
        summary: "how it is escaped",
      },
    ],
    lenient: true,
    examples: ["gt statusline --session hq-mayor"],
    load: () => import("./statusline.ts"),
  },
];
