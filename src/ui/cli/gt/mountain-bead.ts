import { skippedLabel } from "../../../core/convoys/convoy.ts";
import { mountainOf, retrySkipped } from "../../../core/convoys/mountain.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt mountain retry` and `skip` (spec/05 §8.1). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const { ledger, actor } = await context.access();
  const id = await ledger.resolve(args[0] ?? "");
  const bead = await ledger.get(id);
  const mountain = await mountainOf(ledger, id);
  if (bead === undefined || mountain === undefined)
    throw new GtError("E_NOT_MOUNTAIN", `${id} belongs to no mountain`, { hint: "gt mountain status" });
  const isRetry = context.words.at(-1) === "retry";
  const reason = flags.string("reason") ?? "by hand";
  await ledger.write(
    actor,
    isRetry
      ? retrySkipped(bead)
      : [
          { op: "addLabel", id, label: skippedLabel },
          ...(bead.status === "open" ? ([{ op: "update", id, fields: { status: "blocked" } }] as const) : []),
          { op: "comment", id, text: `Skipped: ${reason}` },
          {
            op: "event",
            event: { type: "mountain_skipped", payload: { convoy: mountain.id, bead: id, failures: 0 } },
          },
        ],
  );
  out.done(isRetry ? `${id} is tried again` : `${mountain.id} goes on without ${id}`);
  out.document({ ok: true, convoy: mountain.id, bead: id, skipped: !isRetry });
}
