import { formatTime } from "../../../core/clock.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon heartbeat` (spec/04 §10.1). */
export async function run(context: CommandContext): Promise<void> {
  const { ledger, clock, actor } = await context.access();
  const now = clock.now();
  const key = "deacon-heartbeat";
  const before = (await ledger.row<{ readonly cycle: number }>("patrols", key))?.value;
  const beat = {
    timestamp: formatTime(now),
    cycle: (before?.cycle ?? 0) + 1,
    last_action: context.args.join(" "),
  };
  await ledger.write(actor, [{ op: "putRow", table: "patrols", key, value: beat }]);
  if ((await ledger.agent("deacon/")) !== undefined)
    await ledger.touchAgent("deacon/", { lastActivity: now });
  context.out.document(beat);
  context.out.done(`heartbeat ${beat.cycle}`);
}
