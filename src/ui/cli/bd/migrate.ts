import { askGit } from "../../../core/git/git.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { schemaVersion } from "../../../core/ledger/store/schema.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { changeSetting } from "./config.ts";
import { invalid } from "./content.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd migrate [schema | agents | sync BRANCH]` (spec/01 §10.6). */
export async function run(context: CommandContext): Promise<void> {
  const [what = "schema", branch, surplus] = context.args;
  const expected = what === "sync" ? 2 : 1;
  if (!["schema", "agents", "sync"].includes(what) || surplus !== undefined || context.args.length > expected)
    throw usageError(`cannot migrate "${sanitiseLine(context.args.join(" "))}"`, {
      why: ["one of: schema, agents, sync <branch>"],
    });
  if (what === "agents") await agents(context);
  else if (what === "sync") await sync(context, branch);
  else await schema(context);
}

/** Opening a ledger for writing has migrated it already (spec/01 §7.3), so this only tells. */
async function schema(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const found = Number(ledger.database.pragma("user_version"));
  out.document({ status: "up_to_date", schema_version_found: found, database_path: ledger.path });
  out.line(`Already up to date (schema v${found})`);
  if (found > schemaVersion) out.warn(`this program knows schema v${schemaVersion}; upgrade gastown`);
}

async function agents(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const { ledger, actor, scope } = await openWorkspace(context);
  const { migrateAgents } = await import("../../../core/ledger/jsonl/migrate-agents.ts");
  const dryRun = flags.boolean("dry-run");
  if (flags.boolean("readonly") && !dryRun)
    throw new GtError("E_REFUSED", "operation 'migrate agents' is not allowed in read-only mode");
  const ids = await migrateAgents(ledger, { actor, scope, dryRun });
  out.document({ migrated: ids, count: ids.length, dry_run: dryRun });
  if (ids.length === 0) out.line("Already up to date (no agent's facts stand in a description)");
  else if (!out.json)
    out.done(`${dryRun ? "Would migrate" : "Migrated"} ${ids.length} agent(s): ${ids.join(", ")}`);
}

/** Beads go to another branch from now on; the old one stays as it is. */
async function sync(context: CommandContext, branch: string | undefined): Promise<void> {
  const { flags, out, cwd } = context;
  if (branch === undefined)
    throw usageError("missing argument <branch>", { hint: "bd migrate sync <branch>" });
  const isName = (await askGit(cwd, ["check-ref-format", `refs/heads/${branch}`])).exitCode === 0;
  if (!isName || branch.startsWith("-")) throw invalid(`"${sanitiseLine(branch)}" is not a branch name`);
  const workspace = await openWorkspace(context);
  const dryRun = flags.boolean("dry-run");
  if (!dryRun) await changeSetting(context, workspace, "sync.branch", branch);
  out.document({ sync_branch: branch, dry_run: dryRun });
  if (!out.json) out.done(`${dryRun ? "Would sync" : "Beads sync"} through branch ${branch}: bd sync`);
}
