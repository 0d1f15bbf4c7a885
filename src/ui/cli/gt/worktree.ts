import { openCrossWorktree } from "../../../agents/lifecycle/cross-worktree.ts";
import { shellWord } from "../../../core/shell-word.ts";
import { formatAddress, overseerAddress, parseAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt worktree <rig>` (spec/04 §4): what it prints is meant for a shell. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const caller = parseAddress(access.actor) ?? overseerAddress;
  const opened = await openCrossWorktree(access, caller, access.town.rig(args[0] ?? ""));
  for (const warning of opened.warnings) out.warn(warning);
  const identity = formatAddress(caller);
  out.document({ ok: true, ...opened, identity });
  if (opened.isNew) out.note(`made ${opened.path} on branch ${opened.branch}`);
  if (flags.boolean("no-cd")) out.line(opened.path);
  else {
    out.line(`cd ${shellWord(opened.path)}`);
    out.line(`export GT_ROLE=${shellWord(identity)} BD_ACTOR=${shellWord(identity)}`);
  }
}
