import { receipts } from "../../../agents/plugins/receipts.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt plugin history` (spec/04 §11). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const [name = ""] = context.args;
  const ledger = await context.ledger();
  const found = await receipts(ledger, name, flags.integer("limit") ?? 10);
  out.document(
    found.map((bead) => ({
      id: bead.id,
      started_at: formatTime(bead.createdAt),
      result: labelOf(bead.labels, "result:"),
      rig: labelOf(bead.labels, "rig:"),
      output: bead.description,
    })),
  );
  for (const bead of found) {
    const last = bead.description.trimEnd().split("\n").at(-1) ?? "";
    out.line(
      `${bead.id}  ${formatAgo(Date.now() - bead.createdAt).padEnd(10)} ${labelOf(bead.labels, "result:").padEnd(8)} ${sanitiseLine(last)}`,
    );
  }
  if (found.length === 0) out.line(`${sanitiseLine(name)} has not run lately`);
}

function labelOf(labels: readonly string[], start: string): string {
  return labels.find((label) => label.startsWith(start))?.slice(start.length) ?? "";
}
