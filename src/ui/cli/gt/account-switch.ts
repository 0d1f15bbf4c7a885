import { lstatSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expectAccount, readAccounts } from "../../../agents/accounts/accounts.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt account switch <handle>` (spec/03 §10.3): only a link is re-pointed, a directory of somebody's is never moved. */
export async function run(context: CommandContext): Promise<void> {
  const { args, out, env } = context;
  const account = expectAccount(readAccounts(await context.town()), args[0] ?? "");
  const link = join(env["HOME"] ?? homedir(), `.${account.provider}`);
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSymbolicLink())
    throw new GtError("E_ACCOUNT", `${link} is a directory of its own, not a link to an account`, {
      why: ["nothing was changed: what is in it may be your login"],
      hint: `mv ${link} ${link}-accounts/own && ln -s ${account.configDir} ${link}`,
    });
  const next = `${link}.next-${process.pid}`;
  try {
    symlinkSync(account.configDir, next);
    renameSync(next, link);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  out.document({ handle: account.handle, link, config_dir: account.configDir });
  out.done(`${link} is account '${account.handle}' now`);
}
