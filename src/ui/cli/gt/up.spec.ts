import type { CommandSpec } from "../command.ts";

export const upCommands: readonly CommandSpec[] = [
  {
    name: "up",
    group: "services",
    summary: "start the town's services and keep them running",
    description:
      "Starts the session host, the daemon, which watches every rig, and the Mayor when it ran before. Running it again changes nothing. The town stays up until gt down.",
    flags: [
      {
        name: "restore",
        summary: "also resume the agents that gt down suspended, and start each rig's crew.startup",
      },
      { name: "quiet", short: "q", summary: "only failures" },
    ],
    examples: ["gt up", "gt up --restore"],
    seeAlso: ["gt down", "gt status"],
    load: () => import("./up.ts"),
  },
  {
    name: "down",
    group: "services",
    summary: "pause the town; gt up goes on",
    description:
      "Ends the town's services, and with -p or -a the polecats, whose work stays on their hooks. Nothing starts by itself until gt up.",
    flags: [
      { name: "polecats", short: "p", summary: "also end polecat sessions" },
      {
        name: "all",
        short: "a",
        summary: "everything, orphan processes too, and verify that nothing is left",
      },
      { name: "force", short: "f", summary: "skip the polite part" },
      { name: "dry-run", short: "n", summary: "only say what would end" },
      { name: "quiet", short: "q", summary: "only failures" },
    ],
    examples: ["gt down", "gt down --all"],
    seeAlso: ["gt up", "gt shutdown"],
    load: () => import("./down.ts"),
  },
  {
    name: "start",
    group: "services",
    summary: "start the town, or one crew member",
    description:
      "Without an argument as gt up, but sessions of witnesses are left to the daemon. With <rig>/crew/<name>, or crew and a name, that member's session starts instead.",
    args: [{ name: "crew", optional: true, many: true }],
    flags: [
      { name: "all", short: "a", summary: "start the sessions of witnesses here and now" },
      { name: "agent", value: "preset", summary: "runtime of the crew member, or of the Mayor" },
      {
        name: "cost-tier",
        value: "tier",
        summary: "models of what is started now: standard, economy, budget",
      },
      { name: "quiet", short: "q", summary: "only failures" },
    ],
    examples: ["gt start", "gt start --cost-tier economy", "gt start web/crew/max"],
    seeAlso: ["gt up", "gt crew start"],
    load: () => import("./start.ts"),
  },
  {
    name: "shutdown",
    group: "services",
    summary: "end of the day: end all sessions and remove sandboxes without work",
    description:
      "Ends the town's services and the polecats, and then removes the polecats' sandboxes that hold nothing unsaved. Others are kept and listed. Crew goes on unless --all is given.",
    flags: [
      { name: "graceful", short: "g", summary: "tell the agents, and wait for those who hand over" },
      { name: "wait", short: "w", value: "seconds", summary: "how long with --graceful", default: "30" },
      {
        name: "all",
        short: "a",
        summary: "crew sessions and orphan processes too, and verify that nothing is left",
      },
      { name: "yes", short: "y", summary: "do not ask" },
      { name: "force", short: "f", summary: "do not ask, and skip the polite part" },
      { name: "polecats-only", summary: "only the polecats; the town stays up" },
      { name: "nuclear", summary: "also remove sandboxes with work, which is kept as snapshot and branch" },
      { name: "cleanup-orphans", summary: "also end processes that ended sessions left running" },
      {
        name: "cleanup-orphans-grace-secs",
        value: "seconds",
        summary: "how long these have to end by themselves (implies --cleanup-orphans)",
        default: "60",
      },
      { name: "quiet", short: "q", summary: "only failures" },
    ],
    examples: ["gt shutdown", "gt shutdown -g -w 60", "gt shutdown -a -y --cleanup-orphans"],
    seeAlso: ["gt down", "gt polecat nuke"],
    load: () => import("./shutdown.ts"),
  },
];
