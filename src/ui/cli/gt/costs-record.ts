import { recordCosts, subjectOfAgent } from "../../../agents/costs/record-costs.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { formatAddress } from "../../../core/town/address.ts";
import { parseSessionName } from "../../../core/town/agent-names.ts";
import type { CommandContext } from "../command.ts";

/** `gt costs record` (spec/06 §13.5). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, env, out } = context;
  const access = await context.access();
  const session = flags.string("session") ?? env["GT_SESSION"] ?? "";
  const address = parseSessionName(session, access.town.rigs());
  const agent = address === undefined ? undefined : await access.ledger.agent(formatAddress(address));
  if (agent === undefined)
    throw new GtError("E_NO_SESSION", `no agent has a session "${sanitiseLine(session)}"`, {
      hint: "gt session list",
    });
  const workItem = flags.string("work-item");
  const subject = await subjectOfAgent(access, agent, env);
  const booked = await recordCosts(access, { ...subject, ...(workItem === undefined ? {} : { workItem }) });
  out.document({ session, session_id: agent.sessionId, cost_usd: booked?.usd ?? null });
  out.line(booked === undefined ? `${session}: nothing to book` : `${session}: $${booked.usd.toFixed(2)}`);
}
