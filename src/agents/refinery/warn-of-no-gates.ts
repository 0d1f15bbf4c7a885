import type { QueueContext } from "./queue-context.ts";

const dayMs = 24 * 60 * 60_000;

/** Everything passes where nothing is asked: that is said once a day (spec/05 §2.5). */
export async function warnOfNoGates(context: QueueContext): Promise<void> {
  const { ledger, clock } = context.access;
  const { name } = context.rig;
  const last = await ledger.row<number>("merge_no_gates", name);
  if (last !== undefined && clock.now() - last.value < dayMs) return;
  await ledger.write(context.actor, [
    { op: "putRow", table: "merge_no_gates", key: name, value: clock.now() },
    { op: "event", event: { type: "no_gates", payload: { rig: name } } },
  ]);
  context.tell(
    `⚠ ${name} has no gates: what is merged is untested (gt rig settings set ${name} merge_queue.test_command "...")`,
  );
}
