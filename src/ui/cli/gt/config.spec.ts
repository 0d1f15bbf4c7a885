import type { CommandSpec, FlagSpec } from "../command.ts";
import { configAgentCommands } from "./config-agent.spec.ts";

const rig: FlagSpec = { name: "rig", value: "rig", summary: "of one rig" };
const source: FlagSpec = { name: "source", summary: "also where each value comes from" };

export const configCommands: readonly CommandSpec[] = [
  {
    name: "config",
    group: "config",
    summary: "settings of the town and its rigs",
    description:
      "Settings are layered: rig-local, rig, project, town, built-in. Keys are dot paths; an element with dots is quoted.",
    seeAlso: ["gt rig settings", "gt doctor"],
    subcommands: [
      {
        name: "get",
        summary: "the value in force",
        args: [{ name: "key" }],
        flags: [rig, source],
        examples: ["gt config get scheduler.max_polecats", "gt config get merge_queue --rig web"],
        load: () => import("./config-get.ts"),
      },
      {
        name: "set",
        summary: "set a value",
        args: [{ name: "key" }, { name: "value" }],
        flags: [rig],
        examples: [
          "gt config set scheduler.max_polecats 8",
          'gt config set merge_queue.test_command "npm test" --rig web',
        ],
        load: () => import("./config-set.ts"),
      },
      {
        name: "unset",
        summary: "remove a value, so that the next layer decides",
        args: [{ name: "key" }],
        flags: [rig],
        examples: ["gt config unset scheduler.max_polecats"],
        load: () => import("./config-unset.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "what is set",
        flags: [rig, { name: "all", short: "a", summary: "every key" }, source],
        examples: ["gt config list --all --source"],
        load: () => import("./config-list.ts"),
      },
      {
        name: "edit",
        summary: "open the file in your editor, checked when you close it",
        flags: [rig],
        examples: ["gt config edit --rig web"],
        load: () => import("./config-edit.ts"),
      },
      {
        name: "path",
        summary: "the file",
        flags: [rig],
        examples: ["gt config path"],
        load: () => import("./config-path.ts"),
      },
      ...configAgentCommands,
      {
        name: "default-agent",
        summary: "the agent that runs when nothing else is said",
        args: [{ name: "name", optional: true }],
        flags: [rig],
        examples: ["gt config default-agent", "gt config default-agent codex"],
        load: () => import("./config-shortcut.ts"),
      },
      {
        name: "cost-tier",
        summary: "which models the agents use",
        description:
          "standard uses the default agent for every role, economy and budget cheaper Claude models where they suffice. Agents that you chose for a role yourself stay.",
        args: [{ name: "tier", optional: true }],
        flags: [rig],
        examples: ["gt config cost-tier economy"],
        load: () => import("./config-cost-tier.ts"),
      },
      {
        name: "agent-email-domain",
        summary: "domain of the email addresses with which agents commit",
        args: [{ name: "domain", optional: true }],
        examples: ["gt config agent-email-domain gastown.local"],
        load: () => import("./config-shortcut.ts"),
      },
    ],
  },
];
