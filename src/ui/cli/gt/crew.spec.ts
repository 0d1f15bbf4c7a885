import type { CommandSpec, FlagSpec } from "../command.ts";
import { startFlags } from "./start-wishes.ts";

const rig: FlagSpec = { name: "rig", value: "rig", summary: "rig, when the name does not tell" };
const all: FlagSpec = { name: "all", short: "a", summary: "every member of the rig, or of the town" };
const dryRun: FlagSpec = { name: "dry-run", short: "n", summary: "say what would happen" };
const agent: FlagSpec = { name: "agent", value: "name", summary: "runtime for this session" };

export const crewCommands: readonly CommandSpec[] = [
  {
    name: "crew",
    group: "workspace",
    summary: "lasting workspaces of people and named agents",
    description:
      "A crew member has a clone of its own. Nothing in the town ever restarts, resets or removes it.",
    seeAlso: ["gt attach", "gt sling"],
    subcommands: [
      {
        name: "add",
        summary: "make a workspace",
        args: [{ name: "name", many: true }],
        flags: [rig, { name: "branch", summary: "with a branch crew/<name> of its own" }],
        examples: ["gt crew add sam --rig web"],
        load: () => import("./crew-add.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "members with branch, session and hook",
        args: [{ name: "rig", optional: true }],
        flags: [rig, { name: "all", short: "a", summary: "of all rigs (default: that of the directory)" }],
        load: () => import("./crew-list.ts"),
      },
      {
        name: "status",
        summary: "everything about members",
        args: [{ name: "member", optional: true }],
        flags: [rig, { name: "all", short: "a", summary: "of all rigs (default: that of the directory)" }],
        load: () => import("./crew-list.ts"),
      },
      {
        name: "start",
        aliases: ["spawn"],
        summary: "start members' sessions, making what is missing",
        args: [{ name: "rig and members", optional: true, many: true }],
        flags: [rig, ...startFlags, all],
        examples: [
          "gt crew start sam",
          "gt crew start web sam max",
          "gt crew start web",
          "gt crew start sam --resume",
        ],
        load: () => import("./crew-start.ts"),
      },
      {
        name: "at",
        aliases: ["attach"],
        summary: "start a member if needed and open its terminal",
        args: [{ name: "member", optional: true }],
        flags: [
          rig,
          ...startFlags,
          { name: "detached", short: "d", summary: "do not open the terminal" },
          {
            name: "reset",
            summary: "first go back to the default branch, up to date; refused with uncommitted files",
          },
          { name: "print-path", summary: "only where it is" },
        ],
        load: () => import("./crew-at.ts"),
      },
      {
        name: "next",
        summary: "the terminal of the next member whose session runs",
        args: [{ name: "member", optional: true }],
        flags: [rig, { name: "detached", short: "d", summary: "only name it" }],
        examples: ["gt crew next", "gt crew next sam -d"],
        load: () => import("./crew-next.ts"),
      },
      {
        name: "prev",
        summary: "the terminal of the one before",
        args: [{ name: "member", optional: true }],
        flags: [rig, { name: "detached", short: "d", summary: "only name it" }],
        load: () => import("./crew-next.ts"),
      },
      {
        name: "stop",
        summary: "end members' sessions",
        args: [{ name: "rig and members", optional: true, many: true }],
        flags: [rig, all, { name: "force", short: "f", summary: "skip the polite part" }, dryRun],
        load: () => import("./crew-stop.ts"),
      },
      {
        name: "restart",
        aliases: ["rs"],
        summary: "end and start members' sessions",
        args: [{ name: "rig and members", optional: true, many: true }],
        flags: [rig, agent, all, dryRun],
        load: () => import("./crew-stop.ts"),
      },
      {
        name: "refresh",
        summary: "a fresh session that is told where the old one was",
        args: [{ name: "member" }],
        flags: [rig, { name: "message", short: "m", value: "text", summary: "what it has to know" }],
        examples: ['gt crew refresh sam -m "the parser is done, the printer is next"'],
        seeAlso: ["gt handoff"],
        load: () => import("./crew-refresh.ts"),
      },
      {
        name: "rename",
        summary: "give a member another name; clone, hook, work and mail go along",
        args: [{ name: "member" }, { name: "new name" }],
        flags: [rig],
        examples: ["gt crew rename sam samuel"],
        load: () => import("./crew-rename.ts"),
      },
      {
        name: "pristine",
        summary: "pull members' clones; uncommitted changes are never touched",
        args: [{ name: "rig and members", optional: true, many: true }],
        flags: [rig, all],
        load: () => import("./crew-pristine.ts"),
      },
      {
        name: "remove",
        aliases: ["rm"],
        summary: "remove members and their clones",
        args: [{ name: "member", many: true }],
        flags: [
          rig,
          { name: "force", short: "f", summary: "keep unsaved work as a bundle and go on" },
          { name: "purge", summary: "also give their beads back and clear their mail" },
        ],
        load: () => import("./crew-remove.ts"),
      },
    ],
  },
];
