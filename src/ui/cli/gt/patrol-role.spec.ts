import type { CommandSpec } from "../command.ts";

const rig = [{ name: "rig", optional: true }] as const;
const agent = [{ name: "agent" }] as const;
const runtime = { name: "agent", value: "alias", summary: "runtime of the session in agent mode" } as const;
const dryRun = { name: "dry-run", short: "n", summary: "only say what would be done" } as const;

/** Roles that are loops of the daemon unless `mayor/daemon.json` gives them a session. */
export const patrolRoleCommands: readonly CommandSpec[] = [
  role(
    "deacon",
    "who looks after the town's machinery",
    [],
    [
      ...switches("deacon", []),
      {
        name: "heartbeat",
        summary: "a deacon that runs as an agent says that it lives",
        args: [{ name: "action", optional: true, many: true }],
        examples: ['gt deacon heartbeat "looked at the convoys"'],
        load: () => import("./deacon-heartbeat.ts"),
      },
      {
        name: "pause",
        summary: "feed nothing, run no chores and clean nothing up until it is resumed",
        flags: [{ name: "reason", short: "r", value: "text", summary: "why" }],
        examples: ['gt deacon pause -r "looking into a leak"'],
        load: () => import("./deacon-pause.ts"),
      },
      { name: "resume", summary: "end the pause", load: () => import("./deacon-pause.ts") },
      {
        name: "health-check",
        summary: "ask an agent for a sign of life; exit code 2 when it should be ended",
        args: agent,
        flags: [
          {
            name: "timeout",
            value: "duration",
            summary: "so long it may take (operational.deacon.ping_timeout)",
          },
          { name: "failures", value: "count", summary: "silences until it should be ended (ping_failures)" },
          { name: "cooldown", value: "duration", summary: "not again within (ping_cooldown)" },
        ],
        examples: ["gt deacon health-check web/witness"],
        load: () => import("./deacon-health-check.ts"),
      },
      {
        name: "health-state",
        summary: "how the agents answered so far",
        load: () => import("./deacon-health-state.ts"),
      },
      {
        name: "force-kill",
        summary: "keep an agent's files and end its session",
        args: agent,
        flags: [{ name: "reason", short: "r", value: "text", summary: "why; required" }],
        examples: ['gt deacon force-kill web/witness -r "does not answer"'],
        load: () => import("./deacon-force-kill.ts"),
      },
      {
        name: "stale-hooks",
        summary: "give back beads from hooks from which nobody takes them",
        flags: [
          {
            name: "max-age",
            value: "duration",
            summary: "hooked for so long (operational.deacon.stale_hook)",
          },
          dryRun,
        ],
        examples: ["gt deacon stale-hooks -n"],
        load: () => import("./deacon-stale-hooks.ts"),
      },
      {
        name: "redispatch",
        summary: "queue a bead that came back for another attempt",
        args: [{ name: "bead" }],
        flags: [
          { name: "rig", value: "rig", summary: "where it shall be done" },
          {
            name: "max-attempts",
            value: "count",
            summary: "not when it came back so often (operational.deacon.redispatch_max)",
          },
          { name: "cooldown", value: "duration", summary: "not again within (redispatch_cooldown)" },
        ],
        examples: ["gt deacon redispatch web-a1b2c"],
        seeAlso: ["gt scheduler status"],
        load: () => import("./deacon-redispatch.ts"),
      },
      {
        name: "redispatch-state",
        summary: "beads that came back, and those that nobody tries any more",
        examples: ["gt deacon redispatch-state --json"],
        load: () => import("./deacon-redispatch-state.ts"),
      },
      {
        name: "feed-stranded",
        summary: "sling what is ready in convoys that nobody works on",
        flags: [
          {
            name: "max-feeds",
            value: "count",
            summary: "so many convoys at most (operational.deacon.feed_max)",
          },
          { name: "cooldown", value: "duration", summary: "none that was fed within (feed_cooldown)" },
        ],
        examples: ["gt deacon feed-stranded --max-feeds 3"],
        seeAlso: ["gt convoy stranded"],
        load: () => import("./deacon-feed-stranded.ts"),
      },
      {
        name: "feed-stranded-state",
        summary: "which convoys are stranded, and when they were fed by hand",
        load: () => import("./deacon-feed-stranded.ts"),
      },
      {
        name: "zombie-scan",
        summary: "agents whose session or sandbox is gone under their work",
        seeAlso: ["gt patrol scan"],
        load: () => import("./deacon-zombie-scan.ts"),
      },
      {
        name: "cleanup-orphans",
        summary: "end processes that ended sessions left behind",
        flags: [dryRun],
        load: () => import("./orphan-processes.ts"),
      },
    ],
  ),
  role(
    "boot",
    "the watchdog of the town's machinery",
    [],
    [
      {
        name: "triage",
        summary: "make the one decision about the deacon, act on it and record it",
        flags: [dryRun],
        examples: ["gt boot triage"],
        load: () => import("./boot-triage.ts"),
      },
      {
        name: "spawn",
        summary: "have Boot look now; in agent mode in a session of its own",
        flags: [runtime],
        load: () => import("./boot-triage.ts"),
      },
    ],
  ),
  role("witness", "who looks after a rig's polecats", rig, switches("witness", rig)),
];

function role(
  name: "deacon" | "boot" | "witness",
  summary: string,
  args: NonNullable<CommandSpec["args"]>,
  more: readonly CommandSpec[],
): CommandSpec {
  return {
    name,
    group: "services",
    summary,
    description:
      "In builtin mode it is code inside the daemon: it costs no tokens and has no session. In agent mode (mayor/daemon.json) a session patrols, and the code steps in where that one fails.",
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
      ...more,
    ],
  };
}

function switches(
  name: "deacon" | "witness",
  args: NonNullable<CommandSpec["args"]>,
): readonly CommandSpec[] {
  return [
    {
      name: "start",
      aliases: ["spawn"],
      summary: "start its session, or in builtin mode its loop",
      args,
      flags: [runtime],
      examples: [`gt ${name} start`],
      load: () => import("./role-start.ts"),
    },
    {
      name: "stop",
      summary: "end its session, or in builtin mode its loop, until it is started again",
      args,
      load: () => import("./role-start.ts"),
    },
    {
      name: "restart",
      summary: "a fresh session; in builtin mode its loop looks anew at once",
      args,
      flags: [runtime],
      load: () => import("./role-start.ts"),
    },
  ];
}
