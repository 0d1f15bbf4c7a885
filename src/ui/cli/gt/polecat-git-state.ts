import { sanitiseLine } from "../../../core/sanitise.ts";
import { isAtRisk } from "../../../core/git/work-at-risk.ts";
import type { CommandContext } from "../command.ts";
import { polecatAddress } from "./polecat-argument.ts";

/** `gt polecat git-state` and `gt polecat check-recovery` (spec/04 §3.7-3.8). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const access = await context.access();
  const address = polecatAddress(access.town, context.args[0] ?? "");
  const { requirePolecat } = await import("../../../agents/lifecycle/nuke-steps.ts");
  const { sandboxRisk } = await import("../../../agents/lifecycle/sandbox-risk.ts");
  const { rig, agent } = await requirePolecat(access, address);
  const risk = await sandboxRisk(access, rig, agent);
  if (context.words.at(-1) === "git-state") {
    const { uncommitted, stashes, unpushed, operation, unknown } = risk.work;
    const isClean = !isAtRisk(risk.work);
    out.document({
      clean: isClean,
      uncommitted_files: uncommitted.map((file) => file.path),
      unpushed_commits: unpushed.length,
      stash_count: stashes.length,
      operation: operation ?? null,
      unknown: unknown ?? null,
    });
    out.line(isClean ? "CLEAN" : "DIRTY");
    for (const reason of risk.workReasons) out.line(`  ${sanitiseLine(reason)}`);
    return;
  }
  out.document({
    rig: rig.name,
    polecat: agent.name,
    cleanup_status: risk.cleanupStatus,
    needs_recovery: risk.verdict === "NEEDS_RECOVERY",
    verdict: risk.verdict,
    branch: risk.branch ?? agent.branch,
    issue: agent.hookBead,
    mq_status: risk.queue,
    reasons: risk.reasons,
  });
  out.line(risk.verdict);
  for (const reason of risk.reasons) out.line(`  ${sanitiseLine(reason)}`);
  for (const remedy of risk.remedies) out.next(sanitiseLine(remedy.replace(/^[^:]*: /, "")));
}
