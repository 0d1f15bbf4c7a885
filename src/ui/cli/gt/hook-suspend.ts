import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook suspend` and `gt hook resume` (spec/04 §2.10). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const address = await agentOf(context, args[0]);
  const access = await context.access();
  const { resumeHook, suspendHook } = await import("../../../agents/lifecycle/suspend-hook.ts");
  if (context.words.at(-1) === "suspend") {
    await suspendHook(access, address, flags.string("reason") ?? "by hand");
    out.done(`${address} is suspended; gt hook resume ${address} lets it go on`);
    out.document({ ok: true, agent: address, state: "paused" });
    return;
  }
  const record = await resumeHook(access, address);
  out.done(`${address} works again`);
  out.document({ ok: true, agent: address, state: "working", session: record?.session ?? null });
}
