import type { CommandSpec, FlagSpec } from "../command.ts";

const severity: FlagSpec = {
  name: "severity",
  short: "s",
  value: "severity",
  summary: "critical, high, medium or low",
};
const tier: FlagSpec = { name: "tier", value: "tier", summary: "deacon, mayor or overseer" };
const dryRun: FlagSpec = { name: "dry-run", short: "n", summary: "show it and change nothing" };

export const escalateCommands: readonly CommandSpec[] = [
  {
    name: "escalate",
    group: "comm",
    summary: "ask for a decision that is not yours",
    description:
      "Stores what needs judgement and tells those whom settings/escalation.json names for its severity. The same question, asked again while it is open, only counts up.",
    args: [{ name: "what", optional: true, many: true }],
    flags: [
      severity,
      {
        name: "message",
        short: "m",
        aliases: ["reason", "r"],
        value: "text",
        summary: "details: what was tried, what is needed",
      },
      { name: "stdin", summary: "read the details from standard input" },
      { name: "source", value: "id", summary: "what raised it, e.g. plugin:rebuild" },
      { name: "related", value: "bead", summary: "the bead that it is about" },
      { name: "to", value: "tier", summary: "deacon, mayor or overseer instead of the severity's" },
      { name: "no-dedupe", summary: "a new one even if the same is open" },
      dryRun,
    ],
    examples: [
      'gt escalate "CI is down" -s high -m "three gates time out since 09:00"',
      "gt escalate list",
      'gt escalate close hq-esc-a1b2c3d --reason "runner restarted"',
    ],
    seeAlso: ["gt mail", "gt nudge"],
    load: () => import("./escalate.ts"),
    subcommands: [
      {
        name: "list",
        summary: "what waits for somebody",
        flags: [
          { name: "severity", short: "s", value: "severity", summary: "of this severity" },
          tier,
          { name: "unacked", summary: "those that nobody has seen" },
          { name: "stale", summary: "those that wait too long" },
          { name: "all", summary: "closed ones, too" },
        ],
        load: () => import("./escalate-list.ts"),
      },
      {
        name: "show",
        summary: "one in full",
        args: [{ name: "id" }],
        load: () => import("./escalate-show.ts"),
      },
      {
        name: "ack",
        summary: "you have seen it: no more reminders",
        args: [{ name: "id" }],
        flags: [{ name: "note", value: "text", summary: "for the record" }],
        load: () => import("./escalate-ack.ts"),
      },
      {
        name: "close",
        aliases: ["resolve"],
        summary: "it is settled",
        args: [{ name: "id" }],
        flags: [{ name: "reason", short: "m", value: "text", summary: "what was done (default: resolved)" }],
        load: () => import("./escalate-close.ts"),
      },
      {
        name: "forward",
        aliases: ["reassign"],
        summary: "hand it to another tier",
        args: [{ name: "id" }, { name: "tier", optional: true }],
        flags: [
          { name: "to", value: "tier", summary: "deacon, mayor, overseer, or an address" },
          { name: "message", short: "m", value: "text", summary: "why" },
        ],
        load: () => import("./escalate-forward.ts"),
      },
      {
        name: "stale",
        summary: "raise what waits too long by one step",
        flags: [dryRun],
        load: () => import("./escalate-stale.ts"),
      },
      {
        name: "test",
        summary: "try the ways on which an escalation is told; none is made",
        flags: [severity],
        examples: ["gt escalate test -s critical"],
        load: () => import("./escalate-test.ts"),
      },
    ],
  },
];
