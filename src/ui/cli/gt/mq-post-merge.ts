import { postMerge } from "../../../agents/refinery/change-request.ts";
import { queueContext } from "../../../agents/refinery/queue-context.ts";
import type { CommandContext } from "../command.ts";
import { chooseRequest } from "./mq-rig.ts";

/** `gt mq post-merge` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const { mr, rig } = await chooseRequest(context);
  const named = flags.string("commit");
  const commit = await postMerge(queueContext(await context.access(), rig), mr, {
    ...(named === undefined ? {} : { commit: named }),
    ...(flags.boolean("skip-branch-delete") ? { skipBranch: "skip-branch" as const } : {}),
    ...(flags.boolean("force") ? { force: "force" as const } : {}),
  });
  out.document({ ok: true, id: mr.id, commit });
  out.done(`${mr.id} is merged as ${commit.slice(0, 12)}`);
}
