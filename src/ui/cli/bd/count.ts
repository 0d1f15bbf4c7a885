import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { findBeads, listQuery } from "./list-query.ts";
import { openWorkspace } from "./workspace.ts";

const groupings: Readonly<Record<string, (bead: Bead) => readonly string[]>> = {
  "by-status": (bead) => [bead.status],
  "by-priority": (bead) => [`P${bead.priority}`],
  "by-type": (bead) => [bead.type],
  "by-assignee": (bead) => [bead.assignee || "(unassigned)"],
  "by-label": (bead) => (bead.labels.length === 0 ? ["(no labels)"] : bead.labels),
};

/** `bd count` with the filters of `list` (spec/01 §10.3). Counts beads of every status unless told otherwise. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const wanted = Object.keys(groupings).filter((name) => flags.boolean(name));
  if (wanted.length > 1)
    throw usageError(`${wanted.map((name) => `--${name}`).join(" and ")} cannot be used together`);
  const workspace = await openWorkspace(context);
  const query = await listQuery(context, workspace, 0);
  const { notStatus, ...own } = query.filter;
  const filter = flags.has("status") || notStatus === undefined ? query.filter : own;
  const groupOf = groupings[wanted[0] ?? ""];
  if (groupOf === undefined) {
    const count =
      query.labelPattern === undefined
        ? await workspace.ledger.count(filter)
        : (await findBeads(workspace, { ...query, filter, limit: 0 })).beads.length;
    out.document({ count });
    out.line(String(count));
    return;
  }
  const { beads } = await findBeads(workspace, { ...query, filter, limit: 0 });
  const counts = new Map<string, number>();
  for (const group of beads.flatMap(groupOf)) counts.set(group, (counts.get(group) ?? 0) + 1);
  const groups = [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, count]) => ({ group, count }));
  out.document({ total: beads.length, groups });
  for (const { group, count } of groups) out.line(`${sanitiseLine(group)}: ${count}`);
  out.line(`Total: ${beads.length}`);
}
