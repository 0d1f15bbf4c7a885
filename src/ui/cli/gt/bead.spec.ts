import { readyFlags, showFlags } from "../bd/read.spec.ts";
import type { CommandSpec, FlagSpec } from "../command.ts";

const rigFlag: FlagSpec = { name: "rig", value: "rig", summary: "only this rig" };

/** What `bd` does, from anywhere in the town (spec/07 §3.1); exit codes are those of `bd` (spec/01 §10.1). */
export const beadCommands: readonly CommandSpec[] = [
  {
    name: "ready",
    group: "work",
    summary: "work of the whole town that can be started now",
    flags: [...readyFlags, rigFlag],
    examples: ["gt ready", "gt ready --rig web --json"],
    seeAlso: ["bd ready"],
    load: () => import("../bd/ready.ts"),
  },
  {
    name: "show",
    group: "work",
    summary: "everything about a bead",
    args: [{ name: "bead", optional: true, many: true }],
    flags: showFlags,
    examples: ["gt show web-k3x9a"],
    seeAlso: ["bd show"],
    load: () => import("../bd/show.ts"),
  },
  {
    name: "cat",
    group: "work",
    summary: "the text of a bead, for reading by agents",
    args: [{ name: "bead" }],
    examples: ["gt cat web-k3x9a"],
    load: () => import("./cat.ts"),
  },
  {
    name: "bead",
    group: "work",
    summary: "beads of the town",
    subcommands: [
      {
        name: "show",
        aliases: ["read"],
        summary: "everything about a bead",
        args: [{ name: "bead", optional: true, many: true }],
        flags: showFlags,
        examples: ["gt bead show web-k3x9a"],
        load: () => import("../bd/show.ts"),
      },
    ],
  },
  {
    name: "remember",
    group: "work",
    summary: "keep a fact that prime shows to every later session",
    args: [{ name: "text", optional: true, many: true }],
    flags: [{ name: "key", value: "key", summary: "name (default: the first words)" }],
    examples: ['gt remember "the staging database is read-only"'],
    load: async () => ({ run: (await import("../bd/memory.ts")).remember }),
  },
  {
    name: "memories",
    group: "work",
    summary: "what was remembered",
    args: [{ name: "text", optional: true, many: true }],
    examples: ["gt memories staging"],
    load: async () => ({ run: (await import("../bd/memory.ts")).memories }),
  },
  {
    name: "forget",
    group: "work",
    summary: "remove a memory",
    args: [{ name: "key" }],
    examples: ["gt forget staging-database"],
    load: async () => ({ run: (await import("../bd/memory.ts")).forget }),
  },
];
