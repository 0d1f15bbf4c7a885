import { expectAccount, readAccounts } from "../../../agents/accounts/accounts.ts";
import { clearQuota } from "../../../agents/accounts/quota.ts";
import type { CommandContext } from "../command.ts";

/** `gt quota clear [handle…]`: all accounts without an argument (spec/03 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const known = readAccounts(await context.town());
  const handles = args.length === 0 ? [...known.accounts.keys()] : args;
  for (const handle of handles) expectAccount(known, handle);
  const [ledger, actor] = [await context.ledger(), await context.actor()];
  for (const handle of handles) await clearQuota(ledger, actor, handle);
  out.document({ cleared: handles });
  out.done(`${handles.length} account${handles.length === 1 ? "" : "s"} available`);
}
