import { bdTree } from "./bd-tree.ts";
import { prefersJson } from "./bd/prefers-json.ts";
import { frameBdDocument } from "./bd-document.ts";
import { bdFlags } from "./global-flags.ts";
import type { Program } from "./command.ts";

export const bdProgram: Program = {
  name: "bd",
  summary: "bd keeps beads: typed, dependency-linked records of work, in a town or in any git repository.",
  commands: bdTree,
  globalFlags: bdFlags,
  synonyms: {
    ls: "list",
    add: "create",
    rm: "delete",
    finish: "close",
    complete: "close",
    get: "show",
    tree: "dep tree",
  },
  dropped: {
    dolt: "the ledger is an embedded file and has no server: bd doctor",
    daemon: "bd needs no daemon of its own: gt daemon status",
    vc: "history is in the ledger: bd history <id>",
  },
  frameDocument: frameBdDocument,
  prefersJson,
  async printError(out, error) {
    (await import("./print-error.ts")).printBdError(out, error);
  },
};
