import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { askGit } from "../../git/git.ts";
import { exportScope, exportState, hashOfFile } from "../jsonl/export-scope.ts";
import { importChangedFile } from "../jsonl/import-changed-file.ts";
import { readRoutes, writeRoutes } from "../routes.ts";
import type { Check, DoctorContext } from "./check.ts";
import { listed, ok } from "./finding.ts";

const fix = "bd doctor --fix";

export const fileChecks: readonly Check[] = [
  {
    name: "routes",
    category: "files",
    async examine({ ledger, beadsDir }) {
      const routes = await readRoutes(beadsDir);
      if (routes === undefined) return ok("no routes.jsonl");
      const table = ledger.prefixTable();
      const known = new Set(routes.map(({ prefix }) => prefix));
      const missing = table.prefixes.filter((prefix) => !known.has(prefix));
      return listed(missing, "warning", {
        none: "routes.jsonl names every prefix",
        some: "prefix(es) missing from routes.jsonl",
        fix,
      });
    },
    async repair({ ledger, beadsDir }) {
      await writeRoutes(beadsDir, ledger.prefixTable().entries);
    },
  },
  {
    name: "redirect",
    category: "files",
    async examine({ beadsDir }) {
      const target = await readFile(join(beadsDir, "redirect"), "utf8").catch(() => undefined);
      const isLoop = target !== undefined && join(beadsDir, "..", target.trim()) === beadsDir;
      return listed(isLoop ? [join(beadsDir, "redirect")] : [], "error", {
        none: "no redirect to itself",
        some: "redirect(s) to themselves",
        fix: `rm ${join(beadsDir, "redirect")}`,
      });
    },
  },
  {
    name: "export-freshness",
    category: "files",
    async examine(context) {
      const changed: string[] = [];
      for (const { scope, path } of context.scopes) {
        const hash = await hashOfFile(path);
        if (hash !== undefined && hash !== exportState(context.ledger.database, scope)?.hash)
          changed.push(path);
      }
      return listed(changed, "warning", {
        none: "no exported file was changed by others",
        some: "exported file(s) were changed by others and are not taken in yet",
        fix,
      });
    },
    repair: takeInFiles,
  },
  {
    name: "conflict-markers",
    category: "files",
    async examine({ scopes }) {
      const conflicting: string[] = [];
      for (const { path } of scopes) {
        const text = await readFile(path, "utf8").catch(() => "");
        if (/^(?:<{7}|>{7})(?:[ \r\n]|$)/m.test(text)) conflicting.push(path);
      }
      return listed(conflicting, "error", {
        none: "no conflict markers",
        some: "file(s) with conflict markers",
        fix: "bd sync",
      });
    },
    repair: takeInFiles,
  },
  {
    name: "rejects",
    category: "files",
    async examine({ scopes }) {
      const rejects: string[] = [];
      for (const { path } of scopes) if (await exists(`${path}.rejects`)) rejects.push(`${path}.rejects`);
      return listed(rejects, "error", {
        none: "no line was rejected",
        some: "file(s) with lines that could not be read",
        fix: "look at them, import what is worth it, and delete the file",
      });
    },
  },
  {
    name: "sync-branch",
    category: "files",
    async examine({ scopes }) {
      const problems: string[] = [];
      for (const { scope, repository, syncRef } of scopes) {
        if (repository === undefined || syncRef === undefined) continue;
        const listing = await askGit(repository, ["worktree", "list", "--porcelain"]);
        if (listing.stdout.split("\n").includes(`branch ${syncRef}`))
          problems.push(`${scope}: ${syncRef} is checked out`);
      }
      return listed(problems, "error", {
        none: "the sync branch is free",
        some: "sync branch(es) in the way",
        fix: "switch that worktree to another branch",
      });
    },
  },
  {
    name: "gitignore",
    category: "files",
    async examine({ beadsDir }) {
      const text = await readFile(join(beadsDir, ".gitignore"), "utf8").catch(() => undefined);
      if (text === undefined) return ok("no .gitignore here");
      const present = new Set(text.split("\n").map((line) => line.trim()));
      const missing = ["beads.db", "beads.db-wal", "beads.db-shm"].filter(
        (name) =>
          ![name, "*", "*.db*", "beads.db*", name.replace(/-.*/, "-*")].some((rule) => present.has(rule)),
      );
      return listed(missing, "warning", {
        none: "git ignores the database",
        some: "file(s) that git should ignore",
        fix: "bd init",
      });
    },
  },
];

/** Merges what others did to the files, and writes them anew. */
async function takeInFiles({ ledger, scopes, actor }: DoctorContext): Promise<void> {
  const now = ledger.clock.now();
  for (const { scope, path } of scopes) {
    if ((await importChangedFile(ledger, { scope, path, actor, now })) === undefined) continue;
    await exportScope(ledger, { scope, path, now });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
