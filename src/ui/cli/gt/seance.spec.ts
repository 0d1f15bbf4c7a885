import type { CommandSpec } from "../command.ts";

export const seanceCommands: readonly CommandSpec[] = [
  {
    name: "seance",
    group: "diag",
    summary: "ask an earlier session of an agent what it knew",
    description:
      "Lists the sessions of the event log. With --talk a copy of one is asked: it answers from its memory, has no identity in the town and changes nothing. Runtimes that cannot copy a conversation go on with the old one, after asking.",
    flags: [
      { name: "role", value: "text", summary: "only agents whose address contains this" },
      { name: "rig", value: "rig", summary: "only this rig" },
      { name: "recent", short: "n", value: "n", default: "20", summary: "newest n" },
      {
        name: "talk",
        short: "t",
        value: "id",
        summary: "id or its beginning, an agent's address, or last",
      },
      { name: "prompt", short: "p", value: "question", summary: "ask one question and print the answer" },
    ],
    examples: [
      "gt seance",
      "gt seance --rig web --recent 5",
      "gt seance --talk 3f2a",
      'gt seance --talk web/polecats/nux -p "Why did you choose SQLite?"',
    ],
    seeAlso: ["gt log", "gt peek", "gt handoff"],
    load: () => import("./seance.ts"),
  },
];
