import type { CommandSpec } from "../command.ts";

export const signalCommands: readonly CommandSpec[] = [
  {
    name: "signal",
    group: "agents",
    summary: "answers for agent runtimes that ask by JSON",
    subcommands: [
      {
        name: "stop",
        summary: "whether an agent that has finished its turn may rest, as a hook's JSON",
        description:
          'Prints {"decision":"approve"}, or {"decision":"block","reason":"..."} for queued messages, unread mail or work on the hook that was not begun. For hooks of your own; the generated ones do it by themselves.',
        lenient: true,
        examples: ["gt signal stop"],
        seeAlso: ["gt hooks list"],
        load: () => import("./signal-stop.ts"),
      },
    ],
  },
];
