import { pendingWork } from "../../../agents/refinery/pending-work.ts";
import { placeOf, targetCommit } from "../../../agents/refinery/push-target.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { forecastConflicts } from "../../../core/git/conflict-forecast.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq forecast`: which work that has not landed yet will conflict. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const target = context.flags.string("target") ?? rig.defaultBranch;
  const queue = queueContext(await context.access(), rig);
  const base = await targetCommit(rig, await placeOf(rig, target, queue.settings));
  if (base === undefined)
    throw new GtError("E_NO_TARGET", `there is no branch ${target}`, { hint: `gt mq forecast ${rig.name}` });
  const pending = await pendingWork(queue, target);
  const conflicts = await forecastConflicts(rig.repository, base, pending);
  out.document({ target, base, pending: pending.map((work) => work.name), conflicts });
  if (out.json) return;
  if (conflicts.length === 0) {
    out.line(
      `${pending.length} ${pending.length === 1 ? "piece" : "pieces"} of work for ${sanitiseLine(target)}, none in another's way.`,
    );
    return;
  }
  for (const { names, files, likelihood } of conflicts)
    out.line(
      `${names.join(" and ")} ${likelihood === "certain" ? "conflict" : "touch the same files"}: ${sanitiseLine(files.join(", "))}`,
    );
}
