import { handoff } from "../../../agents/lifecycle/handoff.ts";
import type { CommandContext } from "../command.ts";
import { existingMember } from "./crew-argument.ts";

/** `gt crew refresh <name> [-m text]` (spec/04 §4): a fresh session that reads what the old one had to say. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const { address } = await existingMember(context, args[0] ?? "");
  const message = flags.string("message");
  const record = await handoff(await context.access(), {
    address,
    subject: "Refresh",
    force: true,
    ...(message === undefined ? {} : { message }),
  });
  out.document({ ok: true, address, session: record?.session ?? null, run: record?.runId ?? null });
  out.done(`${address} goes on in a fresh session`);
}
