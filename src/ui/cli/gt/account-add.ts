import { addAccount, loginCommand } from "../../../agents/accounts/accounts.ts";
import type { CommandContext } from "../command.ts";

/** `gt account add <handle>` (spec/03 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out, env } = context;
  const account = await addAccount(await context.town(), {
    handle: args[0] ?? "",
    email: flags.string("email") ?? "",
    description: flags.string("desc") ?? "",
    provider: flags.string("provider") ?? "claude",
    env,
  });
  out.document({ ...account, login: loginCommand(account) });
  out.done(`Account '${account.handle}' registered`);
  out.line(`Log in once: ${loginCommand(account)}${account.provider === "claude" ? "   then /login" : ""}`);
}
