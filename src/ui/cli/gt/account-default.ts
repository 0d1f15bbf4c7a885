import { readAccounts, setDefaultAccount } from "../../../agents/accounts/accounts.ts";
import type { CommandContext } from "../command.ts";

/** `gt account default [handle]` (spec/03 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const [handle] = args;
  const town = await context.town();
  if (handle !== undefined) await setDefaultAccount(town, handle);
  const now = readAccounts(town).default ?? null;
  out.document({ default: now });
  if (handle === undefined) out.line(now ?? "(none: the runtimes' own logins)");
  else out.done(`Default account is '${handle}'`);
}
