import { createIntegration } from "../../../agents/refinery/integration.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { chooseEpic } from "./mq-epic.ts";

/** `gt mq integration create` (spec/05 §5.2). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const { epic, rig } = await chooseEpic(context);
  const branch = flags.string("branch");
  const base = flags.string("base-branch");
  const created = await createIntegration(queueContext(await context.access(), rig), epic, {
    ...(branch === undefined ? {} : { branch }),
    ...(base === undefined ? {} : { base }),
    ...(flags.boolean("force") ? { force: "force" as const } : {}),
  });
  for (const warning of created.warnings) out.warn(sanitiseLine(warning));
  out.document({ ok: true, epic, branch: created.branch, base_branch: created.base });
  out.done(`created ${sanitiseLine(created.branch)} from ${sanitiseLine(created.base)} for ${epic}`);
}
