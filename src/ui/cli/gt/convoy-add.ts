import { tellOfConvoys } from "../../../agents/mail/tell-of-convoys.ts";
import { addIssues, removeIssues } from "../../../core/convoys/change-convoy.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { checkConvoys } from "../../../core/convoys/landing.ts";
import type { CommandContext } from "../command.ts";
import { resolveAll } from "./convoy-create.ts";

/** `gt convoy add` and `gt convoy remove` (spec/05 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const [word = "", ...words] = args;
  const access = await context.access();
  const { ledger, actor, clock } = access;
  const convoy = await findConvoy(ledger, word);
  const issues = await resolveAll(context, words);
  if (context.words.at(-1) === "remove") {
    const removed = await removeIssues(ledger, actor, convoy, issues);
    for (const id of removed) out.done(`${id} is no longer tracked by ${convoy.id}`);
    if (removed.length === 0) out.line(`○ ${convoy.id} tracks none of them`);
    const landed = await checkConvoys(ledger, actor, clock.now(), { convoy: convoy.id });
    await tellOfConvoys(access);
    if (landed.length > 0) out.line(`🏁 landed ${convoy.id}`);
    out.document({ ok: true, convoy: convoy.id, removed });
    return;
  }
  const { added, already, reopened } = await addIssues(ledger, actor, convoy, issues);
  if (reopened) out.line(`↺ ${convoy.id} was closed and is open again`);
  for (const id of added) out.done(`${id} added to ${convoy.id}`);
  for (const id of already) out.line(`○ ${id} is already tracked by ${convoy.id}`);
  out.document({ ok: true, convoy: convoy.id, added, already, reopened });
}
