import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd rename <id> <new-id>` (spec/01 §10.4). */
export async function rename(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const workspace = await openWorkspace(context);
  const id = await workspace.resolve(args[0] ?? "");
  const to = args[1] ?? "";
  await workspace.write([{ op: "rename", id, to }]);
  out.document({ old_id: id, new_id: to });
  out.done(`Renamed ${id} to ${to}`);
}

/** `bd rename-prefix <prefix>`. */
export async function renamePrefix(context: CommandContext): Promise<void> {
  const { out, args, flags } = context;
  const workspace = await openWorkspace(context);
  const to = (args[0] ?? "").replace(/-$/, "");
  const prefixes = await workspace.ledger.prefixes();
  const from =
    flags.string("from")?.replace(/-$/, "") ??
    prefixes.find(({ scope }) => scope === workspace.scope)?.prefix;
  if (from === undefined) throw usageError(`scope ${workspace.scope} has no prefix`, { hint: "bd where" });
  const count = await workspace.ledger.count({ idPrefix: `${from}-` });
  if (!flags.boolean("dry-run")) await workspace.write([{ op: "renamePrefix", from, to }]);
  out.document({ old_prefix: from, new_prefix: to, renamed: count, dry_run: flags.boolean("dry-run") });
  if (flags.boolean("dry-run")) out.line(`Would rename ${count} beads from ${from}- to ${to}-`);
  else out.done(`Renamed ${count} beads from ${from}- to ${to}-`);
}
