import type { CommandSpec } from "../command.ts";

export const demoCommands: readonly CommandSpec[] = [
  {
    name: "demo",
    group: "workspace",
    summary: "a throw-away town in which real work flows",
    description:
      "Makes a town with two small projects, a dozen beads in two convoys, and agents that need no model. In a terminal it opens the full-screen view; leaving it takes the town down and removes it. With a directory the town stays there.",
    args: [{ name: "dir", optional: true }],
    flags: [{ name: "fast", summary: "agents work as fast as they can" }],
    examples: ["gt demo", "gt demo --plain --fast", "gt demo ~/demo-town"],
    seeAlso: ["gt install", "gt up"],
    load: () => import("./demo.ts"),
  },
];
