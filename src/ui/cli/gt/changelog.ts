import { localDay } from "../../../core/events/describe-event.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { neverReadyTypes } from "../../../core/ledger/bead-types.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt changelog` (spec/06 §13.2): what was finished, rig by rig. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  const rig = flags.string("rig");
  if (rig !== undefined) town.rig(rig);
  const ledger = await context.ledger();
  const beads = await ledger.find({
    status: "closed",
    notType: neverReadyTypes,
    ephemeral: false,
    closedAfter: startOf(context),
    sort: "closed",
    ...(rig === undefined ? {} : { scope: rig }),
  });
  out.document(
    beads.map((bead) => ({
      id: bead.id,
      title: bead.title,
      type: bead.type,
      rig: bead.scope,
      closed_at: closedAt(bead),
      close_reason: bead.closeReason,
    })),
  );
  const scopes = [...new Set(beads.map((bead) => bead.scope))].sort();
  for (const scope of scopes) {
    const own = beads.filter((bead) => bead.scope === scope);
    out.line(out.style.bold(`${scope} (${own.length})`));
    for (const bead of own)
      out.line(`  ${out.style.pass("✓")} ${bead.id} ${sanitiseLine(bead.title)} ${localDay(closedAt(bead))}`);
  }
  if (beads.length === 0) out.line("Nothing was finished.");
}

function startOf({ flags }: CommandContext): number {
  const given = ["today", "week", "since"].filter((name) => flags.has(name));
  if (given.length > 1) throw usageError(`--${given[0]} and --${given[1]} exclude each other`);
  const since = flags.since("since");
  if (since !== undefined) return since;
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  // Sunday is day 0 and ends the week that Monday began.
  if (!flags.boolean("today")) start.setDate(start.getDate() - ((start.getDay() + 6) % 7));
  return start.getTime();
}

function closedAt(bead: Bead): string {
  return new Date(bead.closedAt ?? bead.updatedAt).toISOString();
}
