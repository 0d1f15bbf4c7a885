import type { CommandSpec } from "../command.ts";

const convoy = [{ name: "convoy" }] as const;

/** `gt synthesis` (spec/02 §12.5). */
export const synthesisCommands: readonly CommandSpec[] = [
  {
    name: "synthesis",
    aliases: ["synth"],
    group: "work",
    summary: "what joins the legs of a convoy formula",
    description:
      "A run's synthesis starts by itself when all legs are complete; these commands look at it and hurry it.",
    seeAlso: ["gt formula run", "gt convoy status"],
    subcommands: [
      {
        name: "status",
        summary: "legs, their findings, and whether the synthesis can start",
        args: convoy,
        examples: ["gt synthesis status hq-cv-a1b2c"],
        load: async () => ({ run: (await import("./synthesis.ts")).status }),
      },
      {
        name: "start",
        summary: "start it now",
        args: convoy,
        flags: [
          { name: "force", short: "f", summary: "without the legs that are not complete" },
          { name: "dry-run", short: "n", summary: "only say what would be done" },
        ],
        examples: ["gt synthesis start hq-cv-a1b2c --force"],
        load: async () => ({ run: (await import("./synthesis.ts")).start }),
      },
      {
        name: "close",
        summary: "close the convoy",
        args: convoy,
        flags: [
          { name: "reason", value: "text", summary: "why" },
          { name: "force", short: "f", summary: "also with open legs; it counts as abandoned" },
          { name: "notify", value: "address", summary: "tell this one instead of owner and watchers" },
        ],
        load: () => import("./convoy-close.ts"),
      },
    ],
  },
];
