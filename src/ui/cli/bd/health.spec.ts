import type { CommandSpec } from "../command.ts";

/** Commands about the health and the history of a ledger (spec/01 §10.4, §10.6). */
export const healthCommands: readonly CommandSpec[] = [
  {
    name: "doctor",
    group: "diag",
    summary: "look for what is wrong with the ledger, and repair it",
    description:
      "Checks the database, the beads and the files around them. With --fix it repairs what can be repaired without losing anything; a damaged database is built anew from backups, its own remains and the exported beads, and the damaged file is kept.",
    args: [{ name: "path", optional: true }],
    flags: [
      { name: "fix", summary: "repair what is safe to repair" },
      { name: "yes", short: "y", summary: "do not ask" },
      { name: "dry-run", summary: "say what --fix would do" },
      { name: "deep", summary: "read every page of the database" },
      { name: "check", value: "name", summary: "only this check" },
      {
        name: "source",
        value: "source",
        choices: ["all", "jsonl"],
        summary: "build a damaged ledger from the files alone",
      },
      { name: "output", short: "o", value: "file", summary: "also write the report to a file" },
    ],
    examples: ["bd doctor", "bd doctor --deep --json", "bd doctor --fix -y"],
    load: () => import("./doctor.ts"),
  },
  {
    name: "backup",
    group: "diag",
    summary: "copies of the database",
    subcommands: [
      {
        name: "create",
        summary: "copy the database now",
        examples: ["bd backup create"],
        load: async () => ({ run: (await import("./backup.ts")).create }),
      },
      {
        name: "list",
        summary: "the copies there are, newest first",
        examples: ["bd backup list"],
        load: async () => ({ run: (await import("./backup.ts")).list }),
      },
      {
        name: "restore",
        summary: "put a copy in the place of the database",
        args: [{ name: "file" }],
        flags: [{ name: "force", summary: "even while other processes use the ledger" }],
        examples: ["bd backup restore .beads/backup/beads-20260106T110210Z.db"],
        load: async () => ({ run: (await import("./backup.ts")).restore }),
      },
    ],
    load: async () => ({ run: (await import("./backup.ts")).create }),
  },
  {
    name: "migrate",
    group: "diag",
    summary: "bring old forms to the present one",
    description:
      "schema: the database, which happens by itself. agents: facts that older programs wrote into descriptions become fields. sync <branch>: beads go through another branch from now on.",
    flags: [{ name: "dry-run", summary: "only say what would be done" }],
    args: [{ name: "what", optional: true, many: true }],
    examples: ["bd migrate", "bd migrate agents --dry-run", "bd migrate sync beads"],
    load: () => import("./migrate.ts"),
  },
  {
    name: "rename",
    group: "work",
    summary: "give a bead another id; edges and mentions follow",
    args: [{ name: "id" }, { name: "new-id" }],
    examples: ["bd rename gt-abc12 gt-login"],
    load: async () => ({ run: (await import("./rename.ts")).rename }),
  },
  {
    name: "rename-prefix",
    group: "work",
    summary: "give all beads of a prefix another one",
    args: [{ name: "prefix" }],
    flags: [
      { name: "from", value: "prefix", summary: "the old prefix (default: this scope's)" },
      { name: "dry-run", summary: "only count" },
      { name: "repair", summary: "also beads whose prefix nobody has registered" },
    ],
    examples: ["bd rename-prefix web"],
    load: async () => ({ run: (await import("./rename.ts")).renamePrefix }),
  },
  {
    name: "hooks",
    group: "workspace",
    summary: "git hooks that keep the exported file and the ledger together",
    subcommands: [
      {
        name: "install",
        summary: "add them to this repository",
        examples: ["bd hooks install"],
        load: async () => ({ run: (await import("./git-hooks.ts")).install }),
      },
      {
        name: "list",
        summary: "which are installed",
        examples: ["bd hooks list"],
        load: async () => ({ run: (await import("./git-hooks.ts")).list }),
      },
      {
        name: "uninstall",
        summary: "remove them",
        examples: ["bd hooks uninstall"],
        load: async () => ({ run: (await import("./git-hooks.ts")).uninstall }),
      },
      {
        name: "run",
        summary: "what a hook does",
        hidden: true,
        passThrough: true,
        args: [{ name: "hook" }, { name: "argument", optional: true, many: true }],
        load: async () => ({ run: (await import("./git-hooks.ts")).runHook }),
      },
    ],
  },
];
