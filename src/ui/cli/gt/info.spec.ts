import type { CommandSpec } from "../command.ts";

export const infoCommands: readonly CommandSpec[] = [
  {
    name: "info",
    group: "diag",
    summary: "this program and this town",
    description: "Version, commit, Node, town, rigs. Works outside a town and in a broken one.",
    examples: ["gt info", "gt info --json"],
    seeAlso: ["gt version", "gt doctor"],
    load: () => import("./info.ts"),
  },
  {
    name: "changelog",
    group: "work",
    summary: "finished work by rig",
    description: "Closed work beads of each rig, since Monday unless said otherwise.",
    flags: [
      { name: "today", summary: "since midnight" },
      { name: "week", summary: "since Monday (default)" },
      { name: "since", value: "time", summary: "not older than" },
      { name: "rig", value: "rig", summary: "of one rig" },
    ],
    examples: ["gt changelog --today", "gt changelog --rig web --since 2026-01-01"],
    load: () => import("./changelog.ts"),
  },
];
