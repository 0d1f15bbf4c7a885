import { setTimeout as pause } from "node:timers/promises";
import type { DoneExit, DoneReport } from "../../../agents/lifecycle/done-data.ts";
import type { TownAccess } from "../../../agents/town-access.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { durationSetting, textSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";

/** `gt done` (spec/04 §5). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out, env } = context;
  const priority = flags.integer("priority");
  if (priority !== undefined && (priority < 0 || priority > 4))
    throw usageError("--priority is a number from 0 to 4", { hint: "gt help done" });
  const access = await context.access();
  const { done } = await import("../../../agents/lifecycle/done.ts");
  const session = env["GT_SESSION"] ?? "";
  const texts = {
    issue: flags.string("issue"),
    target: flags.string("target"),
    message: flags.string("message"),
    gate: flags.string("gate"),
    priority,
  };
  const work = done(access, {
    exit: (flags.string("status") ?? "COMPLETED") as DoneExit,
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined)),
    ...(flags.boolean("pre-verified") ? { preVerified: true } : {}),
    ...(flags.boolean("no-output") ? { hasNoOutput: true } : {}),
    ...(flags.string("cleanup-status") === "clean" ? { isReportOnly: true } : {}),
    session,
  });
  let report: DoneReport;
  try {
    report = await work;
  } catch (error) {
    if (!(error instanceof GtError && error.code === "E_HOOK_LOST")) throw error;
    // Said at once: with the session this process ends, too.
    const { errorDocument, errorLines } = await import("../print-error.ts");
    out.document(errorDocument(error));
    if (!out.json) for (const line of errorLines(error)) out.error(line);
    await endSession(context, access);
    return 1;
  }
  printDone(out, report, access.actor);
  if (report.state === "idle" || report.state === "awaiting-gate") await endSession(context, access);
  return 0;
}

/** Step `end`: nothing of the session that called is left, a moment later (spec/04 §5.3). */
async function endSession({ env, out, town: opened }: CommandContext, access: TownAccess): Promise<void> {
  const town = await opened();
  const isKept = textSetting(town.settings(), "operational.polecat.session_on_done") === "keep";
  if (!env["GT_SESSION"] || isKept) return;
  out.flush();
  const graceMs = durationSetting(town.settings(), "operational.session.end_grace");
  out.line(`session ends in ${Math.round(graceMs / 1000)}s`);
  await pause(graceMs);
  const { stopAgentSession } = await import("../../../agents/sessions/start-session.ts");
  const runId = env["GT_RUN"];
  // This very process is part of the session: nothing behind this line can be relied on.
  await stopAgentSession(access, access.actor, "done", runId === undefined ? {} : { runId });
}

/** The lines that say what became of the work. */
export function printDone(out: Output, report: DoneReport, actor: string): void {
  for (const warning of report.warnings) out.warn(sanitiseLine(warning));
  if (report.resumed) out.line("↺ went on with an interrupted gt done");
  const priority = report.priority === undefined ? "" : `, P${report.priority}`;
  if (report.mr !== "") out.done(`submitted ${report.mr} (${report.branch} -> ${report.target}${priority})`);
  else if (report.exit === "DEFERRED") out.done(`${report.issue} is open again for anyone`);
  else if (report.exit === "PHASE_COMPLETE")
    out.done(`${report.issue} stays on your hook and goes on when the gate opens`);
  else if (report.exit === "ESCALATED") out.done(`${report.issue} is blocked; help has been called`);
  else out.done(`${report.issue}: ${outcome(report)}`);
  out.done(`${actor} is ${report.state}`);
  out.document({
    ok: true,
    exit: report.exit,
    issue: report.issue,
    branch: report.branch,
    head: report.head,
    target: report.target,
    mr: report.mr === "" ? null : report.mr,
    strategy: report.strategy,
    push: report.push,
    state: report.state,
    warnings: report.warnings,
  });
}

function outcome(report: DoneReport): string {
  switch (report.strategy) {
    case "direct":
      return `merged directly to ${report.target}`;
    case "local":
      return `on the local branch ${report.branch}`;
    case "no-merge":
      return `on branch ${report.branch}, waiting for review`;
    case "review-only":
      return "reviewed";
    default:
      return "nothing to merge";
  }
}
