import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { systemClock } from "../../../core/clock.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { DoctorContext } from "../../../core/ledger/doctor/check.ts";
import type { LedgerPlace } from "../../../core/ledger/ledger-place.ts";
import { type DoctorReport, examineLedger, repairLedger } from "../../../core/ledger/doctor/doctor.ts";
import { syncRef } from "../../../core/ledger/sync/sync-scope.ts";
import { sanitise } from "../../../core/sanitise.ts";
import { version } from "../../../core/version.ts";
import type { CommandContext } from "../command.ts";
import { findBeads } from "./find-beads.ts";
import { ledgerPlace } from "./ledger-place.ts";
import { Settings } from "../../../core/ledger/settings.ts";
import { noBeadsError, openWorkspace, type Workspace } from "./workspace.ts";

/** `bd doctor` (spec/01 §10.6, §9.6). Exit code 1 when something is wrong and stays so. */
export async function run(context: CommandContext): Promise<number> {
  const { args, cwd } = context;
  const here = args[0] === undefined ? context : { ...context, cwd: resolve(cwd, args[0]) };
  let workspace: Workspace;
  try {
    workspace = await openWorkspace(here);
  } catch (error) {
    if (!(error instanceof GtError && error.code === "E_CORRUPT")) throw error;
    return onDamage(here, error.message);
  }
  const settings = await Settings.read(workspace, here.env);
  const doctor = doctorOf(here, workspace, settings);
  const { flags } = here;
  const only = flags.string("check");
  const options = { ...(only === undefined ? {} : { only }), suppressed: suppressedChecks(settings) };
  const before = await examineLedger(doctor, options);
  if (only !== undefined && before.checks.length + before.suppressed === 0)
    throw new GtError("E_USAGE", `no check "${only}"`, { exitCode: 2, hint: "bd doctor -v" });
  const damage = before.checks.find(({ name, status }) => name === "integrity" && status === "error");
  if (damage !== undefined) {
    await workspace.ledger.close();
    return onDamage(here, damage.message);
  }
  if (!flags.boolean("fix") || before.checks.every(({ fixable }) => !fixable)) return show(here, before);
  if (flags.boolean("dry-run")) {
    for (const { name, fixable } of before.checks) if (fixable) here.out.next(`would repair ${name}`);
    return show(here, before);
  }
  const count = before.checks.filter(({ fixable }) => fixable).length;
  if (!(await mayRepair(here, `Repair ${count} finding(s)?`))) return show(here, before);
  for (const name of await repairLedger(doctor, options)) here.out.note(`repaired ${name}`);
  return show(here, await examineLedger(doctor, options));
}

function doctorOf({ flags }: CommandContext, workspace: Workspace, settings: Settings): DoctorContext {
  const mode = settings.text("sync.mode");
  const usesGit = mode === "branch" || mode === "ref";
  const { scopes } = ledgerPlace(workspace);
  return {
    ledger: workspace.ledger,
    beadsDir: workspace.beadsDir,
    scopes: scopes.map((scope) => ({
      ...scope,
      ...(usesGit ? { syncRef: syncRef(mode, settings.text("sync.branch")) } : {}),
    })),
    actor: workspace.actor,
    isDeep: flags.boolean("deep"),
  };
}

function suppressedChecks(settings: Settings): ReadonlySet<string> {
  const prefix = "doctor.suppress.";
  const on = settings
    .all({ withDefaults: false })
    .filter(({ key, value }) => key.startsWith(prefix) && value === "true");
  return new Set(on.map(({ key }) => key.slice(prefix.length)));
}

async function mayRepair(context: CommandContext, text: string): Promise<boolean> {
  if (context.flags.boolean("yes") || context.yes) return true;
  return context.confirm({ text });
}

async function show({ out, flags, verbose, cwd }: CommandContext, report: DoctorReport): Promise<number> {
  const document = {
    path: report.path,
    checks: report.checks.map(({ fixable: _, ...check }) => check),
    overall_ok: report.isHealthy,
    cli_version: version,
    timestamp: report.timestamp,
    platform: report.platform,
    ...(report.suppressed > 0 ? { suppressed_count: report.suppressed } : {}),
  };
  const file = flags.string("output");
  if (file !== undefined) await writeFile(resolve(cwd, file), `${JSON.stringify(document, undefined, 2)}\n`);
  out.document(document);
  let wrong = 0;
  for (const { name, status, message, detail = [], fix } of report.checks) {
    if (status === "ok") {
      if (verbose) out.done(`${name}: ${sanitise(message)}`);
      continue;
    }
    wrong++;
    if (status === "error") out.failed(`${name}: ${sanitise(message)}`);
    else out.caution(`${name}: ${sanitise(message)}`);
    for (const item of detail) out.line(`    ${sanitise(item)}`);
    if (fix !== undefined) out.line(`    fix: ${fix}`);
  }
  if (wrong === 0) out.done(`${report.checks.length} checks, nothing wrong`);
  return report.isHealthy ? 0 : 1;
}

/** The database cannot be read: says so, or builds it anew. */
async function onDamage(context: CommandContext, message: string): Promise<number> {
  const { out, flags } = context;
  const place = damagedPlace(context);
  if (!flags.boolean("fix") || flags.boolean("dry-run")) {
    const fix = "bd doctor --fix";
    out.document({
      path: place.databasePath,
      checks: [{ name: "integrity", category: "database", status: "error", message, fix }],
      overall_ok: false,
      cli_version: version,
      platform: process.platform,
    });
    out.failed(`integrity: ${message}`);
    out.line(`    fix: ${fix}`);
    return 1;
  }
  if (!(await mayRepair(context, `Build ${place.databasePath} anew? The damaged file is kept.`))) return 1;
  const { recoverLedger } = await import("../../../core/ledger/upkeep/recover-ledger.ts");
  const report = await recoverLedger(place, {
    clock: systemClock,
    fromFilesOnly: flags.string("source") === "jsonl",
  });
  out.document({
    path: place.databasePath,
    kept: report.kept,
    ...(report.backup === undefined ? {} : { backup: report.backup }),
    salvaged: report.salvaged,
    from_files: report.fromFiles,
    beads: report.beads,
    overall_ok: true,
  });
  out.done(`the ledger was built anew: ${report.beads} beads`);
  if (report.backup !== undefined) out.line(`  from the backup ${report.backup}`);
  out.line(`  ${report.salvaged} rows from the damaged file, ${report.fromFiles} beads from exported files`);
  out.line(`  the damaged file is kept: ${report.kept}`);
  return 0;
}

function damagedPlace({ cwd, env, flags, out }: CommandContext): LedgerPlace {
  const place = findBeads({
    cwd,
    env,
    db: flags.string("db"),
    town: flags.string("town"),
    warn: (text) => out.warn(text),
  });
  if (place === undefined) throw noBeadsError();
  return ledgerPlace({ place, env });
}
