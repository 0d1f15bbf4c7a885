import {
  dirtyScopes,
  hasUnexported,
  isExportDue,
  standalonePace,
  townPace,
} from "../../../core/ledger/jsonl/export-pace.ts";
import type { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { durationOf } from "../time-values.ts";
import type { BeadsPlace } from "./find-beads.ts";

/** What an export needs to know of a workspace. */
interface ExportedWorkspace {
  readonly ledger: SqliteLedger;
  readonly place: BeadsPlace;
  readonly beadsDir: string;
  readonly town?: Town;
  readonly actor: string;
}

/**
 * After a command: brings exported files up to date that are overdue, where no daemon does it (spec/01 §9.1). A failure
 * is a warning; the command itself has succeeded.
 */
export async function exportOverdue(context: CommandContext, workspace: ExportedWorkspace): Promise<void> {
  const { ledger, town } = workspace;
  if (context.flags.boolean("readonly") || ledger.database.readonly) return;
  const pace = town === undefined ? standalonePace : townPace;
  // Nearly always one of these is the answer; only otherwise is the rest worth its loading.
  if (!hasUnexported(ledger)) return;
  try {
    if (await hasDaemon(workspace)) return;
    const { Settings } = await import("../../../core/ledger/settings.ts");
    const settings = await Settings.read(workspace, context.env);
    if (!settings.isOn("export.auto")) return;
    const chosen = {
      debounceMs: milliseconds(settings.text("export.debounce")) ?? pace.debounceMs,
      intervalMs: milliseconds(settings.text("export.interval")) ?? pace.intervalMs,
    };
    const due = dirtyScopes(ledger).filter((scope) => isExportDue(ledger, scope, chosen, ledger.clock.now()));
    if (due.length === 0) return;
    const [{ keepExported }, { ledgerPlace }] = await Promise.all([
      import("../../../core/ledger/upkeep/keep-ledger.ts"),
      import("./ledger-place.ts"),
    ]);
    const options = { actor: workspace.actor, pace: chosen };
    for (const place of ledgerPlace(workspace).scopes)
      if (due.includes(place.scope)) await keepExported(ledger, place, options);
  } catch (error) {
    context.out.warn(`automatic export: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function milliseconds(text: string): number | undefined {
  return text === "" ? undefined : durationOf("export.debounce", text);
}

async function hasDaemon({ town }: ExportedWorkspace): Promise<boolean> {
  if (town === undefined) return false;
  const { isLocked } = await import("../../../core/lock/lock.ts");
  return isLocked(town.paths.locks, "daemon");
}
