import { limitedSessions, rememberLimits } from "../../../agents/accounts/rotate.ts";
import { formatTime } from "../../../core/clock.ts";
import type { CommandContext } from "../command.ts";

/** `gt quota scan` (spec/03 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const access = await context.access();
  const limited = await limitedSessions(access);
  if (flags.boolean("update")) await rememberLimits(access, limited);
  const rows = limited.map((each) => ({
    ...each,
    until: each.until === undefined ? null : formatTime(each.until),
  }));
  out.document(rows);
  if (rows.length === 0) out.line("No session of a registered account is at its limit.");
  for (const { session, account, until } of rows)
    out.line(`${session}: account ${account} is limited${until === null ? "" : ` until ${until}`}`);
}
