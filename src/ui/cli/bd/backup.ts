import { resolve } from "node:path";
import { formatTime, systemClock } from "../../../core/clock.ts";
import { GtError } from "../../../core/gt-error.ts";
import {
  type Backup,
  createBackup,
  isInUse,
  listBackups,
  restoreBackup,
} from "../../../core/ledger/upkeep/backup.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd backup create` (spec/01 §9.6). */
export async function create(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const backup = await createBackup(ledger);
  out.document(backupJson(backup));
  out.done(`backup: ${backup.path}`);
}

/** `bd backup list`. */
export async function list(context: CommandContext): Promise<void> {
  const { out } = context;
  const { ledger } = await openWorkspace(context);
  const backups = await listBackups(ledger.path);
  out.document(backups.map(backupJson));
  for (const backup of backups)
    out.line(`${formatTime(backup.createdAt)}  ${mebibytes(backup)}  ${backup.path}`);
  if (backups.length === 0) out.line("No backups yet.");
}

/** `bd backup restore`: the database that was in place is kept. */
export async function restore(context: CommandContext): Promise<void> {
  const { out, flags, args, cwd } = context;
  const { ledger } = await openWorkspace(context);
  const { path } = ledger;
  await ledger.close();
  if (!flags.boolean("force") && isInUse(path))
    throw new GtError("E_BUSY", "other processes have the ledger open", {
      exitCode: 5,
      why: ["they would go on writing to the file that is replaced"],
      hint: "gt down, or: bd backup restore --force <file>",
    });
  const kept = await restoreBackup(path, resolve(cwd, args[0] ?? ""), systemClock.now());
  out.document({ restored: path, kept });
  out.done(`restored ${path}`);
  out.line(`  what was there is kept: ${kept}`);
}

function backupJson({ path, createdAt, bytes }: Backup) {
  return { path, created_at: formatTime(createdAt), bytes };
}

function mebibytes({ bytes }: Backup): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`.padStart(10);
}
