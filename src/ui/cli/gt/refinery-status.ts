import { formatTime } from "../../../core/clock.ts";
import { mergeSettings } from "../../../core/merge/merge-settings.ts";
import { closedRows, type QueueView, queueView } from "../../../core/merge/queue-view.ts";
import { refinerySwitch, runsByItself } from "../../../core/merge/refinery-switch.ts";
import type { RunRecord } from "../../../core/merge/run-record.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

const dayMs = 24 * 60 * 60_000;

/** `gt refinery status` (spec/05 §4.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock, town } = await context.access();
  const now = clock.now();
  const [view, state, ended] = await Promise.all([
    queueView(ledger, rig, now),
    refinerySwitch(ledger, rig.name),
    closedRows(ledger, rig, now, 500),
  ]);
  const settings = mergeSettings(town.rigSettings(rig.name));
  const merged = ended.filter((row) => row.mr.closeReason === "merged");
  const recent = merged.filter((row) => now - (row.mr.closedAt ?? 0) < dayMs);
  const last = Math.max(0, ...merged.map((row) => row.mr.closedAt ?? 0));
  const isRunning = settings.enabled && runsByItself(state);
  const [current] = view.runs;
  out.document({
    running: isRunning,
    mode: state.mode,
    rig_name: rig.name,
    session: state.mode === "agent" ? `${rig.prefix}-refinery` : null,
    queue_length: view.rows.length,
    ready: countOf(view, "ready"),
    blocked: countOf(view, "blocked"),
    held: countOf(view, "held"),
    quarantined: countOf(view, "quarantined"),
    run: current === undefined ? null : runDocument(current),
    target_state: Object.fromEntries(
      view.targets.map((each) => [each.target, { state: each.state, reason: each.reason }]),
    ),
    gates: settings.gates.map((gate) => gate.name),
    last_merged_at: last === 0 ? null : formatTime(last),
    merged_24h: recent.length,
  });
  if (out.json) return;
  out.line(
    `${rig.name}: ${isRunning ? "running" : settings.enabled ? "stopped" : "disabled by merge_queue.enabled"} (${state.mode})`,
  );
  out.line(
    `  queue ${view.rows.length}: ${countOf(view, "ready")} ready, ${countOf(view, "active")} active, ${countOf(view, "blocked")} blocked, ${countOf(view, "held")} held, ${countOf(view, "needs-fix")} to fix, ${countOf(view, "quarantined")} quarantined`,
  );
  if (current !== undefined)
    out.line(
      `  run ${current.id} on ${sanitiseLine(current.target)}: ${current.ids.length} requests, ${current.state}`,
    );
  for (const target of view.targets)
    if (target.state !== "green")
      out.line(`  ${sanitiseLine(target.target)} is ${target.state}: ${sanitiseLine(target.reason)}`);
  out.line(
    `  gates: ${settings.gates.length === 0 ? "none (merging untested)" : settings.gates.map((gate) => sanitiseLine(gate.name)).join(", ")}`,
  );
  out.line(`  merged in the last 24 h: ${recent.length}`);
}

function countOf(view: QueueView, status: string): number {
  return view.rows.filter((row) => row.status === status).length;
}

function runDocument(run: RunRecord): Readonly<Record<string, unknown>> {
  const greens = run.probes.filter((probe) => probe.verdict === "green").map((probe) => probe.prefix);
  const reds = run.probes.filter((probe) => probe.verdict === "red").map((probe) => probe.prefix);
  const lo = Math.max(0, ...greens);
  const hi = reds.filter((prefix) => prefix > lo);
  return {
    id: run.id,
    target: run.target,
    mrs: run.ids,
    lo,
    hi: hi.length === 0 ? null : Math.min(...hi),
    gate: run.probes.find((probe) => probe.verdict === undefined)?.gate ?? null,
    started_at: formatTime(run.startedAt),
  };
}
