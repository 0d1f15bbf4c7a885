import { expectNoStop } from "../../../agents/daemon/emergency-stop.ts";
import { dispatchQueued } from "../../../agents/patrols/dispatch-queued.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { withLock } from "../../../core/lock/lock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { readPause } from "../../../core/scheduler/pause.ts";
import type { CommandContext } from "../command.ts";

/** `gt scheduler run [--batch n] [--dry-run]`: one pass now (spec/05 §9.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const batch = flags.integer("batch");
  if (batch !== undefined && batch < 1)
    throw usageError("--batch must be at least 1", { hint: "gt scheduler run --batch 3" });
  expectNoStop(access.town);
  const dryRun = flags.boolean("dry-run");
  const paused = await readPause(access.ledger);
  if (paused !== undefined && !dryRun)
    throw new GtError("E_PAUSED", `dispatch is paused by ${paused.by}`, { hint: "gt scheduler resume" });
  const options = {
    dryRun,
    ...(batch === undefined ? {} : { batchSize: batch }),
    report: (line: string): void => out.note(sanitiseLine(line)),
  };
  const report = dryRun
    ? await dispatchQueued(access, options)
    : await withLock(access.town.paths.locks, "scheduler", { kind: "dispatch" }, () =>
        dispatchQueued(access, options),
      );
  out.document({
    dry_run: dryRun,
    planned: report.dispatch.map(({ bead, rig }) => ({ bead, rig })),
    started: report.started,
    waiting: report.skipped,
    limited_by: report.reason,
    capacity: report.capacity,
    left_over: report.leftOver,
  });
  if (dryRun) for (const { bead, rig } of report.dispatch) out.line(`Would dispatch: ${bead} -> ${rig}`);
  else for (const { bead, agent } of report.started) out.line(`🎯 ${bead} -> ${agent}`);
  const limits = {
    capacity: `${report.capacity} more may work now (scheduler.max_polecats)`,
    batch: "one pass starts no more (scheduler.batch_size)",
    ready: "nothing else is ready",
    none: "nothing is ready",
  };
  out.line(`${report.skipped} wait: ${limits[report.reason]}`);
  if (report.leftOver.length > 0)
    out.caution(
      `still queued from deferred mode: ${report.leftOver.join(", ")}; run gt scheduler clear or set scheduler.max_polecats`,
    );
}
