import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { showList } from "./list.ts";
import { findBeads, listQuery } from "./list-query.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd search Q`: in title, id and external reference; closed ones only with `--status all` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags } = context;
  const text = flags.string("query") ?? [...context.args, ...context.rest].join(" ");
  if (text.trim() === "") throw usageError("missing argument <text>", { hint: 'bd search "text"' });
  const workspace = await openWorkspace(context);
  const query = await listQuery(context, workspace);
  const { beads, isCut } = await findBeads(workspace, {
    ...query,
    filter: { ...query.filter, nameContains: text },
  });
  await showList(context, workspace, beads, { empty: `No issues found matching '${sanitiseLine(text)}'` });
  if (isCut) context.out.note(`Showing ${beads.length} issues; more matched. Use --limit 0 for all.`);
}
