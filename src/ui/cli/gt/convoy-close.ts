import { tellOfConvoys } from "../../../agents/mail/tell-of-convoys.ts";
import { closeConvoy, reopenConvoy } from "../../../core/convoys/change-convoy.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { resolveRecipients } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";

/** `gt convoy close` and `reopen` (spec/05 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const { ledger, actor, clock } = access;
  const convoy = await findConvoy(ledger, args[0] ?? "");
  const verb = context.words.at(-1);
  const reason = flags.string("reason");
  const notify = flags.string("notify");
  const request = {
    force: flags.boolean("force"),
    now: clock.now(),
    ...(reason === undefined ? {} : { reason }),
    ...(notify === undefined
      ? {}
      : {
          notify: (await resolveRecipients(notify, { town: access.town, ledger, sender: actor })).addresses,
        }),
  };
  const isChanged =
    verb === "reopen"
      ? await reopenConvoy(ledger, actor, convoy, reason ?? "reopened by hand")
      : await closeConvoy(ledger, actor, convoy, request);
  await tellOfConvoys(access);
  out.document({ ok: true, id: convoy.id, changed: isChanged });
  const state = verb === "reopen" ? "open" : "closed";
  if (isChanged) out.done(`${convoy.id} is ${state}`);
  else out.line(`○ ${convoy.id} is ${state} already`);
}
