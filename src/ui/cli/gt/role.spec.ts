import type { CommandSpec } from "../command.ts";

export const roleCommands: readonly CommandSpec[] = [
  {
    name: "whoami",
    group: "agents",
    summary: "as whom you act here",
    description: "The address that every write and event of this shell carries, and where it comes from.",
    examples: ["gt whoami", "gt whoami --json"],
    seeAlso: ["gt role"],
    load: () => import("./whoami.ts"),
  },
  {
    name: "role",
    group: "agents",
    summary: "the caller's role",
    description:
      "Role, source and home of the caller; a mismatch between environment and directory is shown.",
    examples: ["gt role", "gt role home"],
    seeAlso: ["gt whoami"],
    subcommands: [
      {
        name: "show",
        summary: "role, source, home",
        examples: ["gt role show"],
        load: () => import("./role-show.ts"),
      },
      {
        name: "home",
        summary: "working directory of a role",
        args: [{ name: "role", optional: true }],
        flags: [
          { name: "rig", value: "rig", summary: "rig of the role" },
          { name: "polecat", value: "name", summary: "name of the polecat" },
        ],
        examples: ["gt role home mayor", "gt role home polecat --rig web --polecat nux"],
        load: () => import("./role-home.ts"),
      },
      {
        name: "detect",
        summary: "the role by the directory alone",
        examples: ["gt role detect"],
        load: () => import("./role-show.ts"),
      },
      {
        name: "list",
        summary: "all roles",
        examples: ["gt role list"],
        load: () => import("./role-list.ts"),
      },
      {
        name: "def",
        summary: "a role's definition, as files of town and rig make it",
        description:
          "Files: roles/<role>.toml of the town, then of the rig. Keys: nudge, prompt_template, [session] needs_pre_sync and start_command, [env]. {town}, {rig}, {name}, {role} and {prefix} are filled in.",
        args: [{ name: "role" }],
        flags: [{ name: "rig", value: "rig", summary: "as it is in this rig" }],
        examples: ["gt role def polecat", "gt role def crew --rig web"],
        load: () => import("./role-def.ts"),
      },
      {
        name: "env",
        summary: "the identity as export lines",
        flags: [
          {
            name: "shell",
            value: "shell",
            choices: ["sh", "fish", "powershell"],
            default: "sh",
            summary: "syntax",
          },
        ],
        examples: ['eval "$(gt role env)"'],
        load: () => import("./role-env.ts"),
      },
    ],
    load: () => import("./role-show.ts"),
  },
];
