import { formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { polecatAddress } from "./polecat-argument.ts";

/** `gt polecat status`, `git-state` and `check-recovery` (spec/04 §3.7-3.8). */
export async function run(context: CommandContext): Promise<void> {
  const access = await context.access();
  const address = polecatAddress(access.town, context.args[0] ?? "");
  const { requirePolecat } = await import("../../../agents/lifecycle/nuke-steps.ts");
  const { sandboxRisk } = await import("../../../agents/lifecycle/sandbox-risk.ts");
  const { rig, agent } = await requirePolecat(access, address);
  const risk = await sandboxRisk(access, rig, agent);
  const { out } = context;
  const verb = context.words.at(-1);
  if (verb === "git-state") {
    const { uncommitted, stashes, unpushed } = risk.work;
    const isClean = uncommitted.length + stashes.length + unpushed.length === 0;
    out.document({
      clean: isClean,
      uncommitted_files: uncommitted.map((file) => file.path),
      unpushed_commits: unpushed.length,
      stash_count: stashes.length,
    });
    out.line(isClean ? "CLEAN" : "DIRTY");
    for (const reason of risk.reasons) out.line(`  ${sanitiseLine(reason)}`);
    return;
  }
  if (verb === "check-recovery") {
    out.document({
      rig: rig.name,
      polecat: agent.name,
      cleanup_status: agent.cleanupStatus,
      needs_recovery: risk.verdict === "NEEDS_RECOVERY",
      verdict: risk.verdict,
      branch: risk.branch ?? "",
      issue: agent.hookBead,
      mq_status: risk.queue,
    });
    out.line(risk.verdict);
    for (const reason of risk.reasons) out.line(`  ${sanitiseLine(reason)}`);
    return;
  }
  const { healthOf } = await import("../../../agents/patrols/agent-health.ts");
  const view = await healthOf(access, address);
  out.document({
    ...agent,
    ...view,
    worktree: risk.worktree,
    has_worktree: risk.hasWorktree,
    verdict: risk.verdict,
  });
  out.line(`😺 ${address}  ${agent.state}${view === undefined ? "" : `, ${view.health}`}`);
  out.line(
    `  hook       ${agent.hookBead === "" ? "(empty)" : `${agent.hookBead} ${sanitiseLine(view?.title ?? "")}`} ${agent.hookState}`,
  );
  out.line(`  branch     ${risk.branch ?? "(detached)"}`);
  out.line(`  worktree   ${risk.hasWorktree ? risk.worktree : "gone"}`);
  out.line(`  session    ${view?.phase ?? "none"} (${agent.runtime || "no runtime yet"})`);
  if (view !== undefined) out.line(`  idle for   ${formatSpan(view.idleMs)}`);
  out.line(`  restarts   ${agent.restarts}`);
  for (const reason of risk.reasons) out.caution(sanitiseLine(reason));
}
