import type { CommandSpec, FlagSpec } from "../command.ts";

const rig: FlagSpec = { name: "rig", value: "rig", summary: "rig, when the name does not tell" };
const agent: FlagSpec = { name: "agent", value: "name", summary: "runtime for this session" };

export const crewCommands: readonly CommandSpec[] = [
  {
    name: "crew",
    group: "workspace",
    summary: "lasting workspaces of people and named agents",
    description:
      "A crew member has a clone of its own. Nothing in the town ever restarts, resets or removes it.",
    seeAlso: ["gt attach", "gt sling"],
    subcommands: [
      {
        name: "add",
        summary: "make a workspace",
        args: [{ name: "name", many: true }],
        flags: [rig, { name: "branch", summary: "with a branch crew/<name> of its own" }],
        examples: ["gt crew add sam --rig web"],
        load: () => import("./crew-add.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "members with branch, session and hook",
        args: [{ name: "rig", optional: true }],
        load: () => import("./crew-list.ts"),
      },
      {
        name: "status",
        summary: "everything about members",
        args: [{ name: "member", optional: true }],
        flags: [rig],
        load: () => import("./crew-list.ts"),
      },
      {
        name: "start",
        aliases: ["spawn"],
        summary: "start members' sessions, making what is missing",
        args: [{ name: "member", many: true }],
        flags: [rig, agent],
        load: () => import("./crew-start.ts"),
      },
      {
        name: "at",
        aliases: ["attach"],
        summary: "start a member if needed and open its terminal",
        args: [{ name: "member" }],
        flags: [
          rig,
          agent,
          { name: "detached", short: "d", summary: "do not open the terminal" },
          { name: "print-path", summary: "only where it is" },
        ],
        load: () => import("./crew-start.ts"),
      },
      {
        name: "stop",
        summary: "end members' sessions",
        args: [{ name: "member", many: true }],
        flags: [rig],
        load: () => import("./crew-stop.ts"),
      },
      {
        name: "restart",
        aliases: ["rs"],
        summary: "end and start members' sessions",
        args: [{ name: "member", many: true }],
        flags: [rig, agent],
        load: () => import("./crew-stop.ts"),
      },
      {
        name: "remove",
        aliases: ["rm"],
        summary: "remove members and their clones",
        args: [{ name: "member", many: true }],
        flags: [rig, { name: "force", short: "f", summary: "keep unsaved work as a bundle and go on" }],
        load: () => import("./crew-remove.ts"),
      },
    ],
  },
];
