import { formatTime } from "../../../core/clock.ts";
import { formatAgo, formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { polecatAddress } from "./polecat-argument.ts";

/** `gt polecat status` (spec/04 §3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const address = polecatAddress(access.town, context.args[0] ?? "");
  const { requirePolecat } = await import("../../../agents/lifecycle/nuke-steps.ts");
  const { sandboxRisk } = await import("../../../agents/lifecycle/sandbox-risk.ts");
  const { healthOf } = await import("../../../agents/patrols/agent-health.ts");
  const { liveSession } = await import("../../../agents/lifecycle/agent-session.ts");
  const { rig, agent } = await requirePolecat(access, address);
  const risk = await sandboxRisk(access, rig, agent);
  const view = await healthOf(access, address);
  const session = await liveSession(access, address).catch(() => undefined);
  const createdAt = (await access.ledger.get(agent.id))?.createdAt;
  const now = access.clock.now();
  const activeAt = view === undefined ? agent.lastProgressAt : (view.idleSince ?? now - view.idleMs);
  const time = (at: number | undefined): string | null => (at === undefined ? null : formatTime(at));
  const ago = (at: number | undefined): string => (at === undefined ? "unknown" : formatAgo(now - at));
  out.document({
    ...{ rig: rig.name, name: agent.name, address, state: agent.state },
    ...{ health: view?.health ?? null, tag: view?.tag ?? "", reason: view?.reason ?? "" },
    ...{ issue: agent.hookBead || null, title: view?.title ?? "" },
    ...{ hook_state: agent.hookState, hook_seq: agent.hookSeq, restarts: agent.restarts },
    ...{ branch: risk.branch ?? agent.branch, base_branch: agent.baseBranch, base_sha: agent.baseSha },
    ...{ worktree: risk.worktree, has_worktree: risk.hasWorktree, behind: risk.behind },
    ...{ verdict: risk.verdict, reasons: risk.reasons, cleanup_status: risk.cleanupStatus },
    session_running: session !== undefined,
    session_name: session?.session ?? view?.session ?? "",
    session_phase: session?.phase ?? null,
    session_id: agent.sessionId,
    session_started_at: time(session?.startedAt),
    attached_clients: session?.viewers ?? 0,
    runtime: agent.runtime,
    created_at: time(createdAt),
    last_activity_at: time(activeAt),
    idle_minutes: Math.floor((view?.idleMs ?? 0) / 60_000),
    active_mr: agent.activeMr || null,
    last_exit: agent.exitType || null,
    completed_at: time(agent.completionTime),
  });
  out.line(`😺 ${address}  ${agent.state}${view === undefined ? "" : `, ${view.health}`}`);
  const row = (label: string, text: string): void => out.line(`  ${label.padEnd(12)} ${text}`);
  row(
    "hook",
    agent.hookBead === ""
      ? `(empty) ${agent.hookState}`.trimEnd()
      : `${agent.hookBead} ${sanitiseLine(view?.title ?? "")} ${agent.hookState}`,
  );
  if (agent.activeMr !== "") row("in queue", agent.activeMr);
  row("branch", risk.branch ?? "(detached)");
  row("worktree", risk.hasWorktree ? risk.worktree : "gone");
  row(
    "session",
    session === undefined ? "none" : `${session.session} ${session.phase}, since ${ago(session.startedAt)}`,
  );
  if (session !== undefined) row("attached", String(session.viewers));
  row("runtime", agent.runtime || "none yet");
  if (agent.sessionId !== "") row("session id", agent.sessionId);
  row("created", ago(createdAt));
  row("last active", ago(activeAt));
  if (view !== undefined) row("idle for", formatSpan(view.idleMs));
  row("restarts", String(agent.restarts));
  for (const reason of risk.reasons) out.caution(sanitiseLine(reason));
}
