import { readAccounts } from "../../../agents/accounts/accounts.ts";
import { accountUses, isLimited, quotas } from "../../../agents/accounts/quota.ts";
import { formatTime } from "../../../core/clock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt account list`, `gt account status`, `gt quota status` (spec/03 §10.3, §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const [town, ledger, now] = [await context.town(), await context.ledger(), Date.now()];
  const { accounts, default: preferred } = readAccounts(town);
  const [quota, uses] = [await quotas(ledger), await accountUses(ledger)];
  const rows = [...accounts.values()].map((account) => {
    const known = quota.get(account.handle);
    const limited = isLimited(known, now);
    return {
      ...{ handle: account.handle, email: account.email, description: account.description },
      ...{ provider: account.provider, config_dir: account.configDir },
      default: account.handle === preferred,
      status: limited ? "limited" : "available",
      limited_at: limited && known?.limitedAt !== undefined ? formatTime(known.limitedAt) : null,
      resets_at: limited && known?.resetsAt !== undefined ? formatTime(known.resetsAt) : null,
      last_used: known?.lastUsed === undefined ? null : formatTime(known.lastUsed),
      agents: [...uses].filter(([, handle]) => handle === account.handle).map(([address]) => address),
    };
  });
  out.document(rows);
  if (rows.length === 0) {
    out.line("No accounts: sessions use the runtimes' own logins.");
    out.next("gt account add <name>");
    return;
  }
  const isWhole = context.words.at(-1) === "status";
  out.table(
    ["ACCOUNT", "RUNTIME", "EMAIL", isWhole ? "STATUS" : "DIRECTORY", isWhole ? "AGENTS" : "FOR"],
    rows.map((row) => [
      sanitiseLine(`${row.handle}${row.default ? " *" : ""}`),
      sanitiseLine(row.provider),
      sanitiseLine(row.email),
      sanitiseLine(
        isWhole ? `${row.status}${row.resets_at === null ? "" : ` until ${row.resets_at}`}` : row.config_dir,
      ),
      sanitiseLine(isWhole ? row.agents.join(" ") : row.description),
    ]),
  );
  out.line("* default");
}
