import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { exportLines } from "../../../core/ledger/jsonl/export-lines.ts";
import { importText } from "../../../core/ledger/jsonl/import-records.ts";
import { parseFile } from "../../../core/ledger/jsonl/parse-file.ts";
import { emptySet, formatSet, type RecordSet } from "../../../core/ledger/jsonl/record-set.ts";
import { mergeRecords } from "../../../core/ledger/merge/merge-records.ts";
import { Statuses } from "../../../core/ledger/statuses.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { writeFileAtomic } from "../../../core/town/write-file.ts";
import type { CommandContext } from "../command.ts";
import { readInput } from "../read-input.ts";
import { Settings } from "../../../core/ledger/settings.ts";
import { openWorkspace, rigNamed, type Workspace } from "./workspace.ts";

const inputLimit = 1 << 30;

/** `bd export`: JSONL to stdout, or atomically to a file (spec/01 §10.5). */
export async function exportBeads(context: CommandContext): Promise<void> {
  const { flags, out, cwd } = context;
  const workspace = await openWorkspace(context);
  const scope = exportedScope(context, workspace);
  const lines = exportLines(workspace.ledger, {
    ...(scope === undefined ? {} : { scope }),
    ...(flags.boolean("all") ? { everything: true } : {}),
    ...(flags.boolean("include-infra") ? { includeInfrastructure: true } : {}),
    ...(flags.boolean("include-memories") ? { includeMemories: true } : {}),
    ...(flags.boolean("scrub") ? { scrub: true } : {}),
    ...(flags.boolean("counts") ? { counts: true } : {}),
  });
  const file = flags.string("output");
  if (file === undefined || file === "-") {
    for (const line of lines) out.raw(line);
    return;
  }
  const all = [...lines];
  await writeFileAtomic(resolve(cwd, file), all.join(""));
  out.document({ file, exported: all.length });
  out.note(`Exported ${all.length} issues to ${sanitiseLine(file)}`);
}

function exportedScope({ flags }: CommandContext, workspace: Workspace): string | undefined {
  const wish = flags.string("rig") ?? flags.string("scope");
  if (wish === "all") return undefined;
  if (wish === undefined || workspace.town === undefined)
    return workspace.town === undefined ? undefined : workspace.readScope;
  return wish === "town" ? "town" : rigNamed(wish, workspace.town);
}

/** `bd import [F or -]`. */
export async function importBeads(context: CommandContext): Promise<void> {
  const { flags, out, args, cwd, env } = context;
  const source = args[0] ?? "-";
  const text = source === "-" ? await readInput(inputLimit) : readFile(resolve(cwd, source), source);
  const workspace = await openWorkspace(context);
  if (flags.boolean("readonly"))
    throw new GtError("E_REFUSED", "operation 'import' is not allowed in read-only mode");
  const register = flags.string("register");
  if (register !== undefined && workspace.town !== undefined) rigNamed(register, workspace.town);
  const settings = await Settings.read(workspace, env);
  const report = await importText(workspace.ledger, text, {
    actor: workspace.actor,
    now: workspace.now,
    scope: workspace.scope,
    mode: (flags.string("mode") ?? "merge") as "merge" | "insert-only" | "replace",
    orphans: settings.text("import.orphan-handling") as "allow" | "strict" | "skip" | "resurrect",
    ...(flags.boolean("dedup") ? { dedup: true } : {}),
    ...(flags.boolean("skip-invalid") ? { skipInvalid: true } : {}),
    ...(flags.boolean("dry-run") ? { dryRun: true } : {}),
    ...(register === undefined ? {} : { register }),
    ...(flags.boolean("allow-foreign") ? { allowForeign: true } : {}),
  });
  for (const warning of report.warnings) out.warn(warning);
  if (report.resolvedBlocks > 0)
    out.note(`resolved ${report.resolvedBlocks} conflict block(s) in ${sanitiseLine(source)}`);
  if (report.invalid.length > 0 && source !== "-" && !flags.boolean("dry-run")) {
    writeFileSync(`${resolve(cwd, source)}.rejects`, report.invalid.map((line) => `${line.text}\n`).join(""));
    out.warn(`${report.invalid.length} invalid line(s) are in ${sanitiseLine(source)}.rejects`);
  }
  const skipped = report.stale.length + report.orphansSkipped.length;
  out.document({
    source,
    created: report.created,
    updated: report.updated,
    unchanged: report.unchanged,
    skipped,
    ...(report.dedupSkipped.length === 0 ? {} : { dedup_skipped: report.dedupSkipped.length }),
    ...(report.memories === 0 ? {} : { memories: report.memories }),
    ...(report.deleted === 0 ? {} : { deleted: report.deleted }),
    ids: report.ids,
    ...(report.stale.length === 0 ? {} : { stale_skipped_ids: report.stale }),
    ...(flags.boolean("dry-run") ? { dry_run: true } : {}),
  });
  const count = report.created + report.updated;
  const stale = report.stale.length === 0 ? "" : ` (${report.stale.length} stale skipped)`;
  out.note(
    `${flags.boolean("dry-run") ? "Would import" : "Imported"} ${count} issues from ${sanitiseLine(source)}${stale}`,
  );
}

function readFile(path: string, shown: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new GtError(
      "E_FILE",
      `cannot read ${sanitiseLine(shown)}${code === "ENOENT" ? ": no such file" : `: ${code}`}`,
      {
        cause: error,
      },
    );
  }
}

/** `bd merge OUT BASE LEFT RIGHT`: a merge driver for git and jj (spec/01 §9.4). */
export async function merge(context: CommandContext): Promise<void> {
  const { args, cwd, out } = context;
  const [target, base, left, right] = args;
  if (target === undefined || base === undefined || left === undefined || right === undefined) {
    throw usageError("missing argument", { hint: "bd merge <out> <base> <left> <right>" });
  }
  const statuses = new Statuses(new Map());
  const options = { isSettled: (status: string) => statuses.isSettled(status) };
  const read = (file: string): RecordSet => {
    const text = readFile(resolve(cwd, file), file);
    return text.trim() === "" ? emptySet : parseFile(text, { now: 0, ...options }).set;
  };
  const merged = mergeRecords({ base: read(base), ours: read(left), theirs: read(right) }, options);
  await writeFileAtomic(resolve(cwd, target), formatSet(merged.set));
  out.document({ merged: merged.set.beads.size, conflicts: merged.conflicts.size });
  out.note(`Merged ${merged.set.beads.size} issues into ${sanitiseLine(target)}`);
}
