import { mountainOf, retrySkipped, skipping } from "../../../core/convoys/mountain.ts";
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
      : skipping(bead, mountain, `Skipped: ${reason}`, bead.status === "open" ? {} : { worker: "goes-on" }),
  );
  out.done(isRetry ? `${id} is tried again` : `${mountain.id} goes on without ${id}`);
  out.document({ ok: true, convoy: mountain.id, bead: id, skipped: !isRetry });
}
