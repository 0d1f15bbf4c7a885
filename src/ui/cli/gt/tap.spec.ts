import type { CommandSpec } from "../command.ts";

export const tapCommands: readonly CommandSpec[] = [
  {
    name: "tap",
    group: "agents",
    summary: "what the hooks of agent runtimes call",
    hidden: true,
    subcommands: [
      {
        name: "hook",
        summary: "one lifecycle event of a runtime, on standard input as JSON",
        args: [{ name: "event" }],
        flags: [{ name: "provider", value: "name", summary: "whose dialect is spoken" }],
        lenient: true,
        load: () => import("./tap-hook.ts"),
      },
      {
        name: "guard",
        summary: "run one guard on the command of a hook's JSON: exit 2 denies",
        args: [{ name: "name" }],
        lenient: true,
        examples: ["gt tap guard dangerous-command < hook.json"],
        load: () => import("./tap-guard.ts"),
      },
      {
        name: "push-check",
        summary: "whether an agent may push what git tells a pre-push hook: exit 2 refuses",
        args: [{ name: "remote" }, { name: "url" }],
        lenient: true,
        load: () => import("./tap-push-check.ts"),
      },
      {
        name: "polecat-stop-check",
        summary: "whether a polecat that stops has handed its work in, as a hook's JSON",
        lenient: true,
        load: () => import("./signal-stop.ts"),
      },
      {
        name: "list",
        summary: "guards and what they keep agents from",
        flags: [{ name: "guards", summary: "the guards alone" }],
        load: () => import("./tap-list.ts"),
      },
    ],
  },
];
