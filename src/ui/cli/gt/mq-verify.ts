import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { verifyTree } from "../../../agents/refinery/verify-tree.ts";
import { repositoryAround } from "../../../core/git/repository.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq verify` (spec/05 §3.5): exit 1 when a gate is not green. */
export async function run(context: CommandContext): Promise<number> {
  const { out } = context;
  const rig = await chooseRig(context);
  const worktree = await repositoryAround(context.cwd);
  if (worktree === undefined)
    throw new GtError("E_NO_WORKTREE", `${context.cwd} is not in a git worktree`, {
      hint: `cd into a worktree of ${rig.name}`,
    });
  const target = context.flags.string("target") ?? rig.defaultBranch;
  const result = await verifyTree(
    queueContext(await context.access(), rig, (line) => out.line(sanitiseLine(line))),
    worktree,
    target,
    context.untilSignal(),
  );
  out.document({
    ok: result.verdict === "green",
    verdict: result.verdict,
    head: result.head,
    base: result.base,
    target,
    gates: result.results.map(({ gate, verdict, why, ms, log }) => ({ gate, verdict, why, ms, log })),
  });
  if (result.verdict === "green") {
    out.done(`${result.head.slice(0, 12)} passes; the queue will believe it`);
    out.next("gt done --pre-verified");
    return 0;
  }
  for (const each of result.results)
    if (each.verdict === "red" || each.verdict === "error") {
      out.failed(`${sanitiseLine(each.gate)}: ${sanitiseLine(each.why)} (${each.log})`);
      for (const line of each.tail.slice(-20)) out.line(`  | ${sanitise(line)}`);
    }
  return 1;
}
