import { formatTime } from "../../../core/clock.ts";
import { formatAge } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { type AccountLimit, accountLimitsTable, roomOf } from "../../../core/scheduler/account-limits.ts";
import { lastPass } from "../../../core/scheduler/dispatch-record.ts";
import { readPause } from "../../../core/scheduler/pause.ts";
import { effectivePriority } from "../../../core/scheduler/plan-dispatch.ts";
import { openContexts } from "../../../core/scheduler/sling-context.ts";
import { durationSetting, numberSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";

/** `gt scheduler status` and `list` (spec/05 §9.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const { town, ledger, clock } = await context.access();
  const settings = town.settings();
  const max = numberSetting(settings, "scheduler.max_polecats");
  const ageBoostMs = durationSetting(settings, "scheduler.age_boost");
  const now = clock.now();
  const [pause, { contexts }, limits, last, working] = await Promise.all([
    readPause(ledger),
    openContexts(ledger),
    ledger.rows<AccountLimit>(accountLimitsTable),
    lastPass(ledger),
    ledger.agents({ role: "polecat", state: ["working", "spawning", "done"] }),
  ]);
  const beads = await ledger.getMany(contexts.map((stored) => stored.bead));
  const entries = contexts.map((stored) => {
    const bead = beads.get(stored.bead);
    const priority = bead?.priority ?? 2;
    return {
      id: stored.bead,
      title: bead?.title ?? "",
      status: bead?.status ?? "gone",
      target_rig: stored.rig,
      blocked: bead?.isBlocked ?? false,
      priority,
      effective_priority: effectivePriority(
        { ...stored, enqueuedAt: stored.enqueued_at, isReady: true, priority },
        now,
        ageBoostMs,
      ),
      reason: stored.reason,
      enqueued_at: formatTime(stored.enqueued_at),
      failures: stored.dispatch_failures ?? 0,
      last_failure: stored.last_failure ?? null,
      not_before: stored.not_before === undefined ? null : formatTime(stored.not_before),
      waits: stored.not_before !== undefined && stored.not_before > now,
    };
  });
  // Sorting is stable: those of equal priority stay in the order in which they were queued.
  const queue = entries.toSorted((one, other) => one.effective_priority - other.effective_priority);
  const ready = queue.filter((entry) => entry.status === "open" && !entry.blocked && !entry.waits);
  const polecats = await ledger.agents({ role: "polecat" });
  const active = polecats.filter((agent) => agent.state !== "nuked");
  const loads = town.rigs().map(({ name }) => ({
    rig: name,
    working: working.filter((agent) => agent.rig === name).length,
    queued: queue.filter((entry) => entry.target_rig === name).length,
  }));
  out.document({
    mode: max > 0 ? "deferred" : "direct",
    max_polecats: max,
    paused: pause !== undefined,
    paused_by: pause?.by ?? null,
    paused_at: pause === undefined ? null : formatTime(pause.at),
    queued_total: queue.length,
    queued_ready: ready.length,
    active_polecats: active.length,
    working_polecats: working.length,
    last_dispatch_at: last === undefined ? null : formatTime(last.at),
    last_dispatch_count: last?.count ?? 0,
    rate_limits: limits.map(({ key, value }) => ({
      account: key,
      closed: value.until > now,
      until: formatTime(value.until),
      may_work: roomOf(value, now),
    })),
    rigs: loads,
    beads: queue.map(({ waits: _, ...entry }) => entry),
  });
  if (context.words.at(-1) === "status") {
    out.line(
      max > 0 ? `deferred: at most ${max} polecats work at once` : "direct: work starts when it is slung",
    );
    if (pause !== undefined)
      out.line(
        `⏸ paused by ${pause.by} ${formatAge(now - pause.at)}${pause.reason === "" ? "" : `: ${sanitiseLine(pause.reason)}`}`,
      );
    out.line(
      `${working.length} polecats work, ${queue.length} beads are queued, ${ready.length} of them ready`,
    );
    for (const { rig, working: busy, queued } of loads)
      if (busy + queued > 0) out.line(`  ${rig}: ${busy} work, ${queued} queued`);
    for (const { key, value } of limits)
      if (value.until > now) out.caution(`${key} is rate limited until ${formatTime(value.until)}`);
    if (last !== undefined) out.line(`${last.count} started ${formatAge(now - last.at)}`);
  }
  for (const entry of queue) {
    const mark = ready.includes(entry) ? "○" : "⏸";
    const why = entry.last_failure === null ? entry.reason : sanitiseLine(entry.last_failure);
    out.line(
      `${mark} ${entry.id}  ${entry.target_rig}  P${entry.effective_priority}  ${sanitiseLine(entry.title)}  (${why})`,
    );
  }
  if (queue.length === 0 && context.words.at(-1) === "list") out.line("nothing is queued");
}
