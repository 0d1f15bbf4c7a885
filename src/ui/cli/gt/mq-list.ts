import { resolveCommit } from "../../../core/git/branch.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { closedRows, type QueueRow, queueView } from "../../../core/merge/queue-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { requestCells, requestColumns, requestDocument } from "./mq-document.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq list` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock, town } = await context.access();
  const now = clock.now();
  const status = flags.string("status") ?? "open";
  const open = status === "closed" ? [] : (await queueView(ledger, rig, now)).rows;
  const closed = status === "closed" || status === "all" ? await closedRows(ledger, rig, now, 100) : [];
  const below =
    flags.string("epic") === undefined ? undefined : await descendants(ledger, flags.string("epic") ?? "");
  const rows = [...open, ...closed].filter(
    (row) =>
      (status !== "in_progress" || row.status === "active") &&
      (!flags.boolean("ready") || row.status === "ready") &&
      (flags.string("worker") ?? row.mr.worker) === row.mr.worker &&
      (flags.string("target") ?? row.target) === row.target &&
      (below === undefined || below.has(row.mr.sourceIssue)),
  );
  const exists = flags.boolean("verify") ? await branchStates(rig, rows) : undefined;
  out.document(
    rows.map((row) => ({
      ...requestDocument(row),
      ...(exists === undefined ? {} : { branch_exists: exists.get(row.mr.id) === "OK" }),
    })),
  );
  if (out.json) return;
  if (rows.length === 0) {
    out.line(`Nothing in the merge queue of ${rig.name}.`);
  } else {
    out.table(
      exists === undefined ? requestColumns : [...requestColumns, "git"],
      rows.map((row) => [
        ...requestCells(row, now),
        ...(exists === undefined ? [] : [exists.get(row.mr.id) ?? "ERR"]),
      ]),
    );
    for (const row of rows)
      if (row.reason !== "" && row.status !== "closed")
        out.line(`  ${row.mr.id} ${row.status}: ${sanitiseLine(row.reason)}`);
  }
  const group = town.rigSettings(rig.name)["merge_queue"] as { readonly enabled?: unknown } | undefined;
  if (group?.enabled === false) out.caution(`merge_queue.enabled is false: nothing processes this queue`);
}

async function branchStates(rig: Rig, rows: readonly QueueRow[]): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>();
  for (const { mr } of rows) {
    const found =
      (await resolveCommit(rig.repository, `refs/heads/${mr.branch}`)) ??
      (await resolveCommit(rig.repository, `refs/remotes/origin/${mr.branch}`));
    states.set(mr.id, found === undefined ? "MISSING" : "OK");
  }
  return states;
}

/** Beads below an epic, itself included. */
async function descendants(ledger: Ledger, epic: string): Promise<ReadonlySet<string>> {
  const found = new Set([epic]);
  for (const id of found) for (const child of await ledger.find({ parent: id })) found.add(child.id);
  return found;
}
