import type { RanStep, RunEnd } from "../../../agents/lifecycle/run-steps.ts";
import { findStep } from "../../../core/formulas/find-step.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { agentHome, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { rootNamed } from "./own-molecule.ts";

/** `gt mol run [mol]` (spec/02 §9.3). */
export async function run(context: CommandContext): Promise<number> {
  const { out, flags, args, cwd } = context;
  const { access, root } = await rootNamed(context, args[0]);
  const step = flags.string("step");
  const maxSteps = flags.integer("max-steps");
  if (maxSteps !== undefined && maxSteps < 1) throw usageError("--max-steps must be at least 1");
  if (flags.boolean("dry-run")) {
    const { step: next } = await findStep(access.ledger, root, step, access.actor);
    out.document({ molecule_id: root.id, dry_run: true, next_step_id: next.id });
    out.line(`Would ${next.run === undefined ? "stop at" : "run"} step ${next.index} ${next.step}`);
    return 0;
  }
  const address = parseAddress(access.actor);
  const home =
    address?.role === "polecat" || address?.role === "crew" ? agentHome(access.town, address) : undefined;
  const ran: RanStep[] = [];
  const { runSteps } = await import("../../../agents/lifecycle/run-steps.ts");
  const end = await runSteps(access, {
    root: root.id,
    cwd: home ?? (address?.role === "dog" ? access.town.root : cwd),
    show: out.json ? process.stderr : process.stdout,
    ...(step === undefined ? {} : { step }),
    ...(maxSteps === undefined ? {} : { maxSteps }),
    onStep: (each) => {
      ran.push(each);
      const time = `${(each.ms / 1000).toFixed(1)}s`;
      if (each.code === 0) out.done(`step ${each.step.index} ${each.step.step} (${time})`);
      else out.failed(`step ${each.step.index} ${each.step.step}: exit ${each.code} (${time})`);
    },
  });
  out.document({
    molecule_id: root.id,
    ran: ran.map((each) => ({ step: each.step.step, exit: each.code, ms: Math.round(each.ms) })),
    end: end.is,
    ...("step" in end ? { step_id: end.step.id } : {}),
    ...("reason" in end ? { reason: end.reason } : {}),
  });
  tell(context, end);
  return exitOf(end);
}

function tell({ out }: CommandContext, end: RunEnd): void {
  switch (end.is) {
    case "complete":
      out.done("all steps are closed");
      return;
    case "agent":
      out.next(`step ${end.step.index} ${end.step.step} needs somebody: gt mol step show ${end.step.id}`);
      return;
    case "gated":
      out.line(`Waiting: ${sanitiseLine(end.reason)}`);
      return;
    case "failed":
      out.failed(`step ${end.step.index} ${end.step.step} has failed: ${sanitiseLine(end.reason)}`);
      return;
    case "interrupted":
    case "limit":
      return;
  }
}

function exitOf({ is }: RunEnd): number {
  return is === "agent" ? 3 : is === "gated" ? 4 : is === "failed" ? 1 : is === "interrupted" ? 130 : 0;
}
