import { existsSync } from "node:fs";
import { join } from "node:path";
import { formatTime } from "../../../core/clock.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import {
  type SyncOptions,
  type SyncReport,
  syncScope,
  syncStatus,
} from "../../../core/ledger/sync/sync-scope.ts";
import { syncSettings } from "../../../core/ledger/sync/sync-settings.ts";
import type { CommandContext } from "../command.ts";
import { gitConfig } from "./git-config.ts";
import { Settings } from "../../../core/ledger/settings.ts";
import { openWorkspace, rigNamed, type Workspace } from "./workspace.ts";

/** `bd sync`: export, take in, commit and push, scope by scope (spec/01 §9.7, §10.5). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const settings = await Settings.read(workspace, context.env);
  const requests = scopesOf(context, workspace).map((scope) => request(context, workspace, settings, scope));
  if (flags.boolean("status") || flags.boolean("dry-run")) {
    await showStatus(context, workspace, requests);
    return 0;
  }
  if (flags.boolean("readonly"))
    throw new GtError("E_REFUSED", "operation 'sync' is not allowed in read-only mode");
  const results: (SyncReport & { readonly error?: string })[] = [];
  const failures: GtError[] = [];
  for (const one of requests) {
    try {
      const report = await syncScope(workspace.ledger, one);
      if (report.warning !== undefined) out.warn(`${report.scope}: ${report.warning}`);
      results.push(report);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      if (requests.length === 1) throw error;
      failures.push(error);
      out.error(`Error: ${one.scope}: ${error.message}`);
      const nothing = { exported: 0, changed: 0, merged: 0, conflicts: 0, committed: false, pushed: false };
      results.push({ scope: one.scope, ...nothing, error: error.message });
    }
  }
  out.document(results.map(({ warning: _, ...report }) => report));
  for (const report of results) if (report.error === undefined) out.done(reportLine(report));
  return failures.length === 0 ? 0 : 1;
}

function reportLine({
  scope,
  exported,
  changed,
  merged,
  conflicts,
  committed,
  commit,
  pushed,
}: SyncReport): string {
  const parts = [`exported ${exported} (${changed} changed)`];
  if (merged > 0) parts.push(`merged ${merged} from origin`);
  if (conflicts > 0) parts.push(`${conflicts} conflict(s) settled`);
  if (pushed) parts.push(`pushed ${commit?.slice(0, 7) ?? ""}`.trimEnd());
  else if (committed) parts.push(`committed ${commit?.slice(0, 7) ?? ""}`.trimEnd());
  return `${scope}: ${parts.join(", ")}`;
}

function scopesOf({ flags }: CommandContext, workspace: Workspace): readonly string[] {
  const { town } = workspace;
  if (town === undefined) return [workspace.scope];
  const all = ["town", ...town.rigs().map((rig) => rig.name)];
  if (flags.boolean("all")) return all;
  const rig = flags.string("rig");
  if (rig !== undefined) return [rig === "town" ? "town" : rigNamed(rig, town)];
  return workspace.readScope === undefined ? all : [workspace.readScope];
}

function request(
  context: CommandContext,
  workspace: Workspace,
  settings: Settings,
  scope: string,
): SyncOptions {
  const { flags, env, cwd } = context;
  if (flags.boolean("flush-only") && flags.boolean("import-only")) {
    throw usageError("--flush-only and --import-only cannot be used together");
  }
  const repository = repositoryOf(workspace, scope);
  const email = env["GIT_AUTHOR_EMAIL"] || gitConfig(cwd, "user.email", env);
  return {
    scope,
    path: exportPath(workspace, scope),
    actor: workspace.actor,
    ...syncSettings(settings),
    ...(repository === undefined || settings.isOn("no-git-ops") ? {} : { repository }),
    ...(email === undefined ? {} : { email }),
    ...(flags.has("message") ? { message: flags.string("message") ?? "" } : {}),
    ...(flags.boolean("rebuild") ? { rebuild: true } : {}),
    ...(flags.boolean("force") ? { force: true } : {}),
    ...(flags.boolean("flush-only") ? { flushOnly: true } : {}),
    ...(flags.boolean("import-only") ? { importOnly: true } : {}),
    ...(flags.boolean("no-pull") ? { skipPull: true } : {}),
    ...(flags.boolean("no-push") ? { skipPush: true } : {}),
  };
}

/** The scope's `issues.jsonl` (spec/01 §1). */
export function exportPath({ town, beadsDir }: Workspace, scope: string): string {
  const rig = town?.findRig(scope);
  return rig === undefined ? join(beadsDir, "issues.jsonl") : join(rig.path, ".beads", "issues.jsonl");
}

/** The repository that carries the beads of a scope; undefined when it has none. */
function repositoryOf({ town, beadsDir }: Workspace, scope: string): string | undefined {
  const rig = town?.findRig(scope);
  if (rig !== undefined) return rig.repository;
  const root = town?.root ?? join(beadsDir, "..");
  return existsSync(join(root, ".git")) ? root : undefined;
}

async function showStatus(
  { out }: CommandContext,
  { ledger }: Workspace,
  requests: readonly SyncOptions[],
): Promise<void> {
  const states = await Promise.all(requests.map((one) => syncStatus(ledger, one)));
  out.document(
    states.map(({ lastExport, lastCommit, ...state }) => ({
      ...state,
      ...(lastExport === undefined ? {} : { last_export: formatTime(lastExport) }),
      ...(lastCommit === undefined ? {} : { last_commit: lastCommit }),
    })),
  );
  for (const { scope, dirty, mode, ahead, behind, lastExport } of states) {
    const when = lastExport === undefined ? "never exported" : `exported ${formatTime(lastExport)}`;
    out.line(`${scope}: ${dirty} to export, ${ahead} ahead, ${behind} behind (${mode}, ${when})`);
  }
}
