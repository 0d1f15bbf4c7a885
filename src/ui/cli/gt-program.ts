import { gtFlags } from "./global-flags.ts";
import { keepWatched } from "./keep-watched.ts";
import { overviewCommand } from "./gt/overview.spec.ts";
import type { Program } from "./command.ts";
import { gtTree } from "./tree.ts";

const embedded = "the ledger is embedded and has no server: gt doctor";

export const gtProgram: Program = {
  name: "gt",
  summary: "gt runs a town of AI coding agents on real git repositories.",
  commands: gtTree,
  globalFlags: gtFlags,
  bare: overviewCommand,
  synonyms: {
    ls: "status",
    ps: "agents list",
    new: "bd create",
    create: "bd create",
    dispatch: "sling",
    run: "sling",
    finish: "done",
    complete: "done",
    msg: "mail",
    message: "mail",
    events: "feed",
    problems: "feed --problems",
    kill: "polecat nuke",
    init: "install",
    dolt: "doctor",
    "rig health": "status",
    "deacon orphan-scan": "zombie-scan",
    issue: "bd",
    tui: "gt",
    ui: "gt",
  },
  dropped: {
    dolt: embedded,
    reaper: embedded,
    maintain: "the daemon does this by itself: gt daemon status",
    cycle: "the terminal UI shows all sessions: gt",
    "town next": "the terminal UI shows all sessions: gt",
    "town prev": "the terminal UI shows all sessions: gt",
    "rig menu": "the terminal UI shows all rigs: gt",
    "agents menu": "the terminal UI shows all agents: gt",
    "nudge-poller": "the session host delivers nudges: gt nudge",
    "polecat add": "the pool makes polecats when they are needed: gt sling",
    callbacks: "the daemon does this by itself: gt daemon status",
    "agent-log": "the session host keeps the logs: gt peek <agent>",
    "proxy-subcmds": "the session host does this by itself",
    "run-migration": "gt migrate",
    thanks: "gt info",
  },
  async printError(out, error) {
    (await import("./print-error.ts")).printError(out, error);
  },
  afterCommand: keepWatched,
};
