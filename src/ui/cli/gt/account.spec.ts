import type { CommandSpec } from "../command.ts";

export const accountCommands: readonly CommandSpec[] = [
  {
    name: "account",
    group: "config",
    summary: "logins of agent runtimes, each in a directory of its own",
    description:
      "A session gets the account of --account, else of GT_ACCOUNT, else the default; without any the runtime's own directory. Only the directory is set: credentials are never read or copied.",
    seeAlso: ["gt quota", "gt costs"],
    subcommands: [
      {
        name: "list",
        aliases: ["ls"],
        summary: "registered accounts",
        examples: ["gt account list --json"],
        load: () => import("./account-list.ts"),
      },
      {
        name: "add",
        summary: "register an account and say how to log in",
        args: [{ name: "account" }],
        flags: [
          { name: "email", value: "address", summary: "whose it is" },
          { name: "desc", value: "text", summary: "what it is for" },
          {
            name: "provider",
            value: "runtime",
            default: "claude",
            summary: "the built-in runtime that it is for",
          },
        ],
        examples: ["gt account add work --email ada@example.com"],
        load: () => import("./account-add.ts"),
      },
      {
        name: "default",
        summary: "the account of new sessions",
        args: [{ name: "account", optional: true }],
        examples: ["gt account default work"],
        load: () => import("./account-default.ts"),
      },
      {
        name: "status",
        summary: "which sessions use which account, and which are at their limit",
        load: () => import("./account-list.ts"),
      },
      {
        name: "switch",
        summary: "make an account the one that you use by hand",
        description:
          "Re-points the runtime's own directory in your home when it is a symbolic link, and refuses otherwise.",
        args: [{ name: "account" }],
        examples: ["gt account switch work"],
        load: () => import("./account-switch.ts"),
      },
    ],
  },
  {
    name: "quota",
    group: "config",
    summary: "rate limits of accounts, and changing over to another one",
    description:
      "Only accounts that you registered are used. A limited account is available again at its reset time.",
    seeAlso: ["gt account"],
    subcommands: [
      {
        name: "status",
        summary: "accounts with their limits",
        load: () => import("./account-list.ts"),
      },
      {
        name: "scan",
        summary: "sessions that stand at a limit",
        flags: [{ name: "update", summary: "remember the limits, so that new sessions use another account" }],
        load: () => import("./quota-scan.ts"),
      },
      {
        name: "rotate",
        summary: "restart limited sessions with the account that rested longest",
        flags: [
          { name: "from", value: "account", summary: "only sessions of this account" },
          { name: "idle", summary: "also idle sessions" },
          { name: "dry-run", short: "n", summary: "only say what would happen" },
        ],
        examples: ["gt quota rotate -n"],
        load: () => import("./quota-rotate.ts"),
      },
      {
        name: "watch",
        summary: "rotate whenever a session stands at a limit, until Ctrl-C",
        flags: [
          { name: "interval", value: "duration", summary: "how often to look, 5m by default" },
          { name: "dry-run", short: "n", summary: "only say what would happen" },
        ],
        examples: ["gt quota watch --interval 1m"],
        load: () => import("./quota-watch.ts"),
      },
      {
        name: "clear",
        summary: "forget that accounts were at their limit",
        args: [{ name: "account", optional: true, many: true }],
        load: () => import("./quota-clear.ts"),
      },
    ],
  },
];
