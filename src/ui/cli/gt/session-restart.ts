import { forgetRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { startHookSession } from "../../../agents/lifecycle/start-hook-session.ts";
import { stopAgentSession } from "../../../agents/sessions/start-session.ts";
import type { CommandContext } from "../command.ts";
import { withSessionAgent } from "./session-agent.ts";

/** `gt session restart` (spec/03 §5.11). Killed between the two steps, the daemon starts the session of an active hook. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  await withSessionAgent(context, async (access, address) => {
    await forgetRestarts(access, address);
    await stopAgentSession(access, address, "stopped", { force: flags.boolean("force") });
    const record = await startHookSession(access, address, "resumed");
    out.document({ agent: address, session: record.session });
    out.done(`Session restarted. Attach with: gt attach ${address}`);
  });
}
