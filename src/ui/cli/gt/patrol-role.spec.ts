import type { CommandSpec } from "../command.ts";

const rig = [{ name: "rig", optional: true }] as const;

/** Roles that are loops of the daemon unless `mayor/daemon.json` gives them a session. */
export const patrolRoleCommands: readonly CommandSpec[] = [
  role("deacon", "who looks after the town's machinery", []),
  role("boot", "the watchdog of the town's machinery", []),
  role("witness", "who looks after a rig's polecats", rig),
];

function role(
  name: "deacon" | "boot" | "witness",
  summary: string,
  args: NonNullable<CommandSpec["args"]>,
): CommandSpec {
  return {
    name,
    group: "services",
    summary,
    description: "In builtin mode it is code inside the daemon: it costs no tokens and has no session.",
    seeAlso: ["gt daemon status", "gt agents"],
    subcommands: [
      {
        name: "status",
        summary: "what it is and when it last looked",
        args,
        examples: [`gt ${name} status`],
        load: () => import("./role-status.ts"),
      },
      {
        name: "attach",
        aliases: ["at"],
        summary: "its terminal, when it has a session",
        args,
        load: () => import("./role-attach.ts"),
      },
    ],
  };
}
