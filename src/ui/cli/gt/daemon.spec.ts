import type { CommandSpec } from "../command.ts";

export const daemonCommands: readonly CommandSpec[] = [
  {
    name: "daemon",
    group: "services",
    summary: "the process that keeps work moving",
    description:
      "The daemon watches the town: it recovers what a killed command left behind, restarts agents that died, merges finished branches and feeds convoys.",
    subcommands: [
      {
        name: "start",
        summary: "start it unless it runs",
        examples: ["gt daemon start"],
        seeAlso: ["gt up"],
        load: () => import("./daemon-start.ts"),
      },
      {
        name: "stop",
        summary: "end it; agents go on unwatched",
        flags: [{ name: "force", short: "f", summary: "at once" }],
        examples: ["gt daemon stop"],
        seeAlso: ["gt down"],
        load: () => import("./daemon-stop.ts"),
      },
      {
        name: "status",
        summary: "whether it runs, since when, and what it does",
        examples: ["gt daemon status", "gt daemon status --json"],
        load: () => import("./daemon-status.ts"),
      },
      {
        name: "logs",
        summary: "what it did last",
        flags: [
          { name: "lines", short: "n", value: "count", summary: "so many lines", default: "50" },
          { name: "follow", short: "f", summary: "go on with new lines until interrupted" },
        ],
        examples: ["gt daemon logs -n 100", "gt daemon logs -f"],
        load: () => import("./daemon-logs.ts"),
      },
      {
        name: "enable-supervisor",
        summary: "have systemd or launchd start it at login and when it dies",
        examples: ["gt daemon enable-supervisor"],
        load: () => import("./daemon-supervisor.ts"),
      },
      {
        name: "disable-supervisor",
        summary: "take that back; it goes on running",
        load: () => import("./daemon-supervisor.ts"),
      },
      {
        name: "run",
        summary: "run it in the foreground",
        hidden: true,
        load: () => import("./daemon-run.ts"),
      },
      {
        name: "clear-backoff",
        summary: "let an agent be restarted again after a crash loop",
        args: [{ name: "agent" }],
        examples: ["gt daemon clear-backoff web/polecats/nux"],
        load: () => import("./daemon-clear-backoff.ts"),
      },
      {
        name: "rotate-logs",
        summary: "begin a new log file when the present one is large",
        flags: [{ name: "force", summary: "whatever its size" }],
        load: () => import("./daemon-rotate-logs.ts"),
      },
    ],
  },
];
