import { removeCrossWorktree } from "../../../agents/lifecycle/cross-worktree.ts";
import { shellWord } from "../../../core/shell-word.ts";
import { overseerAddress, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt worktree remove <rig>` (spec/04 §4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, cwd } = context;
  const access = await context.access();
  const rig = access.town.rig(args[0] ?? "");
  const { snapshot, aside } = await removeCrossWorktree(
    access,
    parseAddress(access.actor) ?? overseerAddress,
    rig,
    {
      force: flags.boolean("force"),
      cwd,
    },
  );
  out.document({ ok: true, rig: rig.name, snapshot: snapshot ?? null, aside: aside ?? null });
  out.done(`removed your worktree in ${rig.name}; its branch stays`);
  if (snapshot !== undefined)
    out.line(`  its uncommitted files are kept: git -C ${shellWord(rig.repository)} show ${snapshot}`);
  if (aside !== undefined) out.line(`  files that the snapshot does not hold are in ${aside}`);
}
