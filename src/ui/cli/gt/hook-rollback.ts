import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";
import { splitNumbers } from "./hook-numbers.ts";

/** `gt hook rollback [agent] <seq>` (spec/04 §6.5). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const { agent, numbers } = splitNumbers(args);
  const [seq, second] = numbers;
  if (seq === undefined || second !== undefined)
    throw usageError("one snapshot can be restored at a time", { hint: "gt hook rollback <agent> <number>" });
  const address = await agentOf(context, agent);
  const access = await context.access();
  if (flags.boolean("dry-run")) {
    out.line(`would restore snapshot #${seq} of ${address}`);
    out.document({ ok: true, agent: address, seq, dry_run: true });
    return;
  }
  const { rollbackHook } = await import("../../../agents/lifecycle/rollback-hook.ts");
  const { liveSession } = await import("../../../agents/lifecycle/agent-session.ts");
  const { resumeHook, suspendHook } = await import("../../../agents/lifecycle/suspend-hook.ts");
  const files = flags.strings("files");
  const toBranch = flags.string("to-branch");
  const mustSuspend =
    flags.boolean("force") && toBranch === undefined && (await liveSession(access, address)) !== undefined;
  if (mustSuspend) await suspendHook(access, address, "rollback");
  const { snapshot, undo } = await rollbackHook(access, {
    address,
    seq,
    ...(files.length === 0 ? {} : { files }),
    ...(toBranch === undefined ? {} : { toBranch }),
  }).finally(async () => {
    if (mustSuspend) await resumeHook(access, address);
  });
  out.document({ ok: true, agent: address, seq: snapshot.seq, undo: undo ?? null, branch: toBranch ?? null });
  if (toBranch !== undefined) out.done(`branch ${toBranch} holds the files of snapshot #${seq}`);
  else out.done(`${address} is as in snapshot #${seq} (${snapshot.reason})`);
  if (undo !== undefined) out.next(`undo with gt hook rollback ${address} ${undo}`);
}
