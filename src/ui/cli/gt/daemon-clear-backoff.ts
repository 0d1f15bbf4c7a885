import { roleMemoryKey } from "../../../agents/patrols/keep-roles.ts";
import { memoryKey } from "../../../agents/patrols/worker-memory.ts";
import { GtError } from "../../../core/gt-error.ts";
import { formatAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon clear-backoff <agent>` (spec/04 §8.4): forgets its restarts. */
export async function run(context: CommandContext): Promise<void> {
  const [word = ""] = context.args;
  const { town, ledger, actor } = await context.access();
  const address = formatAddress(resolveAddress(word, { town }));
  const agent = await ledger.agent(address);
  if (agent === undefined)
    throw new GtError("E_AGENT_NOT_FOUND", `no agent ${address}`, { hint: "gt agents" });
  await ledger.write(actor, [
    { op: "deleteRow", table: "patrols", key: memoryKey(address) },
    { op: "deleteRow", table: "patrols", key: roleMemoryKey(address) },
    { op: "setAgent", address, fields: { restarts: 0, crashLoopSince: null } },
  ]);
  context.out.document({ ok: true, agent: address });
  context.out.done(`${address} may be restarted again`);
}
