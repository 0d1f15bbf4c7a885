import type { CommandSpec } from "../command.ts";

const role = {
  name: "role",
  value: "role",
  choices: ["deacon", "witness", "refinery"],
  summary: "the role; the caller's own when left out",
} as const;

export const patrolCommands: readonly CommandSpec[] = [
  {
    name: "patrol",
    group: "services",
    summary: "the rounds of deacon and witness",
    seeAlso: ["gt daemon status", "gt witness status"],
    subcommands: [
      {
        name: "scan",
        summary: "what a witness would act upon now",
        description:
          "Looks once at every polecat, taken bead and merge request. Nothing is done without --fix. With --reaper it is about wisps whose time is over: those are deleted, or only named with -n.",
        flags: [
          { name: "rig", value: "rig", summary: "only this rig" },
          { name: "fix", summary: "act upon it, as the daemon would" },
          { name: "notify", summary: "tell the rig's witness" },
          {
            name: "reaper",
            summary: "delete the wisps whose time is over instead, as the daemon does now and then",
          },
          { name: "dry-run", short: "n", summary: "with --reaper: only say what would be deleted" },
          { name: "verbose", short: "v", summary: "also name the polecats that are well" },
        ],
        examples: ["gt patrol scan", "gt patrol scan --rig web --json", "gt patrol scan --reaper -n"],
        load: () => import("./patrol-scan.ts"),
      },
      {
        name: "new",
        summary: "begin a cycle (agent mode)",
        flags: [role],
        load: () => import("./patrol-report.ts"),
      },
      {
        name: "report",
        summary: "end the cycle with what was found, and begin the next (agent mode)",
        flags: [
          role,
          { name: "summary", short: "s", value: "text", summary: "what was found and done; required" },
          { name: "steps", value: "step:OK", list: true, summary: "outcome of each step: OK, SKIP or FAIL" },
        ],
        examples: ['gt patrol report -s "all quiet" --steps inbox:OK,survey:OK'],
        load: () => import("./patrol-report.ts"),
      },
      {
        name: "digest",
        summary: "sum up a day's rounds in one bead",
        flags: [
          { name: "yesterday", summary: "of yesterday" },
          { name: "date", value: "YYYY-MM-DD", summary: "of this day; today by default" },
          { name: "dry-run", short: "n", summary: "only print it" },
        ],
        examples: ["gt patrol digest --yesterday"],
        load: () => import("./patrol-digest.ts"),
      },
    ],
  },
  {
    name: "cleanup",
    group: "services",
    summary: "end processes that ended sessions left behind",
    description:
      "Only processes that carry the mark of a session of this town; everything else is nobody's business.",
    flags: [
      { name: "dry-run", short: "n", summary: "only name them" },
      { name: "force", short: "f", summary: "do not ask" },
    ],
    examples: ["gt cleanup -n"],
    load: () => import("./orphan-processes.ts"),
  },
];
