import type { CommandContext } from "../command.ts";
import { agentOf } from "./agent-argument.ts";

/** `gt hook prune` (spec/04 §6.4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const address = await agentOf(context, args[0]);
  const { pruneSnapshots } = await import("../../../agents/lifecycle/prune-snapshots.ts");
  const olderThanMs = flags.duration("older-than");
  const isDryRun = flags.boolean("dry-run");
  const dropped = await pruneSnapshots(await context.access(), address, {
    ...(olderThanMs === undefined ? {} : { olderThanMs }),
    dryRun: isDryRun,
  });
  out.document({ ok: true, agent: address, dropped: dropped.map((snapshot) => snapshot.seq) });
  out.line(`${isDryRun ? "would drop" : "dropped"} ${dropped.length} snapshots of ${address}`);
}
