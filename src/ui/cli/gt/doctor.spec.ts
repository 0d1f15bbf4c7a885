import type { CommandSpec } from "../command.ts";

export const doctorCommands: readonly CommandSpec[] = [
  {
    name: "doctor",
    group: "diag",
    summary: "look the town over and put right what can be",
    description:
      "Checks the system, the town's files, the ledger, the services and every rig. Changes nothing without --fix; a fix never deletes work.",
    flags: [
      { name: "fix", summary: "put right what can be, then look again" },
      { name: "rig", value: "name", summary: "only this rig's checks of category Rigs" },
      { name: "check", value: "ids", summary: "only these checks", list: true },
      { name: "category", value: "name", summary: "only System, Core, Ledger, Services or Rigs" },
      { name: "list", summary: "only name the checks" },
      { name: "system", summary: "only what needs no town" },
      { name: "strict", summary: "exit 1 for warnings too" },
      { name: "verbose", short: "v", summary: "also what is well" },
    ],
    examples: ["gt doctor", "gt doctor --fix", "gt doctor --check daemon,operations"],
    seeAlso: ["gt health", "gt status"],
    load: () => import("./doctor.ts"),
  },
  {
    name: "health",
    group: "diag",
    summary: "services, disk and agents at a glance",
    examples: ["gt health", "gt health --json"],
    seeAlso: ["gt doctor", "gt feed --problems"],
    load: () => import("./health.ts"),
  },
];
