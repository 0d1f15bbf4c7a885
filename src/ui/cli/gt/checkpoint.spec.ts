import type { CommandSpec } from "../command.ts";

const load = () => import("./checkpoint.ts");

export const checkpointCommands: readonly CommandSpec[] = [
  {
    name: "checkpoint",
    group: "agents",
    summary: "where you are, for the session after this one",
    description:
      "Written by itself at a handoff, before a compaction and when a session ends; shown by gt prime for a day, as long as the same bead is on the hook.",
    subcommands: [
      {
        name: "write",
        summary: "write down where you are",
        flags: [
          { name: "notes", value: "text", summary: "what the next session should know" },
          { name: "molecule", value: "id", summary: "workflow you follow, when gt cannot tell" },
          { name: "step", value: "id", summary: "its step that you are at" },
        ],
        examples: ['gt checkpoint write --notes "tests pass but for the login page"'],
        load,
      },
      { name: "read", summary: "show it", examples: ["gt checkpoint read --json"], load },
      { name: "clear", summary: "forget it", examples: ["gt checkpoint clear"], load },
    ],
    seeAlso: ["gt handoff", "gt prime"],
  },
];
