import { liveSession } from "../../../agents/lifecycle/agent-session.ts";
import { snapshotHooks } from "../../../agents/lifecycle/snapshot-hooks.ts";
import { withAgentLock } from "../../../agents/lifecycle/agent-lock.ts";
import { stopAgentSession } from "../../../agents/sessions/start-session.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { formatAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";
import { addressOf } from "./agent-argument.ts";

/** `gt deacon force-kill` (spec/04 §10.1): hook and files stay; who is to run is started again by the daemon. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const reason = flags.string("reason");
  if (!reason) throw usageError("say why: --reason", { hint: "gt help deacon force-kill" });
  const access = await context.access();
  const target = await addressOf(context, context.args[0] ?? "");
  const address = formatAddress(target);
  if ((await liveSession(access, address)) === undefined)
    throw new GtError("E_SESSION_NOT_FOUND", `${address} has no session`, { hint: "gt agents" });
  await snapshotHooks(access, [address], "shutdown");
  await withAgentLock(access, address, "force-kill", async () => {
    await stopAgentSession(access, address, "killed", { force: true });
    await access.ledger.write(access.actor, [
      { op: "event", event: { type: "kill", payload: { target: address, reason } } },
    ]);
  });
  out.document({ ok: true, address, reason });
  out.done(`the session of ${address} is ended`);
}
