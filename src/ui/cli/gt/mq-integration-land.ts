import { landIntegration } from "../../../agents/refinery/integration.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseEpic } from "./mq-epic.ts";

/** `gt mq integration land` (spec/05 §5.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const { epic, rig } = await chooseEpic(context);
  const queue = queueContext(await context.access(), rig, (line) => out.line(sanitiseLine(line)));
  const landed = await landIntegration(queue, epic, {
    signal: context.untilSignal(),
    ...(flags.boolean("force") ? { force: "force" as const } : {}),
    ...(flags.boolean("skip-tests") ? { skipTests: "skip-tests" as const } : {}),
    ...(flags.boolean("dry-run") ? { dryRun: "dry-run" as const } : {}),
  });
  out.document({
    ok: true,
    epic,
    branch: landed.branch,
    base_branch: landed.base,
    commit: landed.commit ?? null,
  });
  const way = `${sanitiseLine(landed.branch)} on ${sanitiseLine(landed.base)}`;
  if (landed.commit === undefined) out.line(`would land ${way}`);
  else out.done(`landed ${way} as ${landed.commit.slice(0, 12)}`);
}
