import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { forgetRestarts } from "../../../agents/lifecycle/forget-restarts.ts";
import { startHookSession } from "../../../agents/lifecycle/start-hook-session.ts";
import type { CommandContext } from "../command.ts";
import { withSessionAgent } from "./session-agent.ts";

/** `gt session start` (spec/03 §5.11). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  await withSessionAgent(context, async (access, address) => {
    const agent = await access.ledger.agent(address);
    await forgetRestarts(access, address);
    const live = await liveSession(access, address);
    const record = live ?? (await startHookSession(access, address, "resumed"));
    out.document({ agent: address, session: record.session, started: live === undefined });
    if (live === undefined) out.done(`Session started. Attach with: gt attach ${address}`);
    else out.done(`${address} has a session already. Attach with: gt attach ${address}`);
    if (agent?.hookState !== "suspended") return;
    out.warn("its work still rests on the hook: nobody starts this session again when it ends");
    out.next(`gt hook resume ${address}`);
  });
}
