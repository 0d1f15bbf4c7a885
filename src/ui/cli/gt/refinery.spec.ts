import type { CommandSpec } from "../command.ts";

const rig = [{ name: "rig", optional: true }] as const;
const request = [{ name: "request" }, { name: "request-after-rig", optional: true }] as const;

export const refineryCommands: readonly CommandSpec[] = [
  {
    name: "refinery",
    aliases: ["ref"],
    group: "services",
    summary: "who works on a rig's merge queue",
    description:
      "In builtin mode the daemon lands what is ready by itself. In agent mode a session decides when, and lands through gt mq process.",
    subcommands: [
      {
        name: "start",
        aliases: ["spawn"],
        summary: "let the queue run by itself",
        args: rig,
        flags: [
          { name: "foreground", summary: "run it here until interrupted" },
          { name: "agent", value: "alias", summary: "runtime of the session in agent mode" },
        ],
        examples: ["gt refinery start web"],
        load: () => import("./refinery-start.ts"),
      },
      {
        name: "stop",
        summary: "stop it until it is started again; what runs is given back",
        args: rig,
        load: () => import("./refinery-stop.ts"),
      },
      {
        name: "restart",
        summary: "stop and start",
        args: rig,
        load: () => import("./refinery-restart.ts"),
      },
      {
        name: "attach",
        summary: "follow the gates of the present run",
        args: rig,
        load: () => import("./refinery-attach.ts"),
      },
      {
        name: "status",
        summary: "what it does and what waits",
        args: rig,
        examples: ["gt refinery status web --json"],
        load: () => import("./refinery-status.ts"),
      },
      {
        name: "queue",
        summary: "the queue with its positions",
        args: rig,
        load: () => import("./refinery-queue.ts"),
      },
      {
        name: "ready",
        summary: "what may be taken, and what is odd",
        args: rig,
        flags: [{ name: "all", summary: "every open request" }],
        load: () => import("./refinery-ready.ts"),
      },
      {
        name: "blocked",
        summary: "what waits for something else",
        args: rig,
        load: () => import("./refinery-blocked.ts"),
      },
      {
        name: "unclaimed",
        summary: "what nobody has taken",
        args: rig,
        load: () => import("./refinery-unclaimed.ts"),
      },
      {
        name: "claim",
        summary: "take a request (agent mode)",
        args: request,
        load: () => import("./refinery-claim.ts"),
      },
      {
        name: "release",
        summary: "give a request back (agent mode)",
        args: request,
        load: () => import("./refinery-release.ts"),
      },
      {
        name: "mode",
        summary: "show or set who decides: builtin or agent",
        args: [
          { name: "rig-or-mode", optional: true },
          { name: "mode", optional: true },
        ],
        examples: ["gt refinery mode", "gt refinery mode web agent"],
        load: () => import("./refinery-mode.ts"),
      },
    ],
  },
];
