import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook snapshot` (spec/04 §6.3). */
export async function run(context: CommandContext): Promise<void> {
  const address = await agentOf(context, context.args[0]);
  const note = context.flags.string("message");
  const { snapshotHook } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const result = await snapshotHook(await context.access(), address, "manual", {
    ...(note === undefined ? {} : { note }),
  });
  const seq = result.state === "taken" ? result.snapshot.seq : result.seq;
  context.out.document({ ok: true, agent: address, seq, state: result.state });
  if (result.state === "taken") context.out.done(`snapshot #${seq} (${result.files} files differ from HEAD)`);
  else context.out.line("unchanged");
}
