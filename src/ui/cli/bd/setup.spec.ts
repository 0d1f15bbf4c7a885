import type { CommandSpec } from "../command.ts";

/** Commands about the tool itself (spec/01 §10.6). */
export const setupCommands: readonly CommandSpec[] = [
  {
    name: "init",
    group: "workspace",
    summary: "start a ledger in this repository",
    flags: [
      {
        name: "prefix",
        short: "p",
        value: "prefix",
        summary: "prefix of the ids (default: the directory's name)",
      },
      { name: "from-jsonl", summary: "import .beads/issues.jsonl" },
      { name: "stealth", summary: "hide it in .git/info/exclude" },
      { name: "skip-hooks", summary: "no git hooks" },
      { name: "skip-agents", summary: "leave AGENTS.md alone" },
      { name: "force", summary: "again where an empty ledger exists" },
    ],
    examples: ["bd init", "bd init -p api --skip-agents"],
    load: () => import("./init.ts"),
  },
  {
    name: "help",
    group: "diag",
    summary: "help about a command",
    args: [{ name: "command", optional: true, many: true }],
    flags: [{ name: "all", summary: "also the commands that are not shown otherwise" }],
    examples: ["bd help create"],
    load: () => import("../show-help.ts"),
  },
  {
    name: "version",
    group: "diag",
    summary: "version of this program",
    examples: ["bd version"],
    load: () => import("./version.ts"),
  },
];
