import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { expectManaged } from "../../../agents/sessions/identity-lock.ts";
import { sessionOfAddress, stopAgentSession } from "../../../agents/sessions/start-session.ts";
import type { CommandContext } from "../command.ts";
import { withSessionAgent } from "./session-agent.ts";

/** `gt session stop` (spec/03 §5.11). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  await withSessionAgent(context, async (access, address) => {
    const isAlive = (await liveSession(access, address)) !== undefined;
    if (!isAlive) expectManaged(access.town, address, sessionOfAddress(access.town, address));
    if (isAlive) await stopAgentSession(access, address, "stopped", { force: flags.boolean("force") });
    out.document({ agent: address, stopped: isAlive });
    out.done(isAlive ? `Session of ${address} ended` : `${address} has no session`);
  });
}
