import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "../../core/ledger/operation.ts";
import { forgetRun, isOver, runsOf } from "../../core/merge/run-record.ts";
import type { QueueContext } from "./queue-context.ts";
import { forgetOldVerdicts } from "./verdict-store.ts";

const dayMs = 24 * 60 * 60_000;
const table = "merge_tidied";
const perBatch = 100;

/** Once a day: forgets ended requests and runs after `merge_queue.retention`, and verdicts that are too old to believe. */
export async function tidyQueue(context: QueueContext): Promise<void> {
  const { rig, settings, access, actor } = context;
  const { ledger, clock } = access;
  const now = clock.now();
  const last = await ledger.row<number>(table, rig.name);
  if (last !== undefined && now - last.value < dayMs) return;
  const requests = await ledger.find({
    type: "merge-request",
    status: "closed",
    metadata: { "mr.rig": rig.name },
  });
  const old = requests.filter((bead) => now - (bead.closedAt ?? now) > settings.retentionMs);
  const runs = (await runsOf(ledger, rig.name)).filter(
    (run) => isOver(run) && now - (run.endedAt ?? run.startedAt) > settings.retentionMs,
  );
  const operations: Operation[] = [
    ...old.map((bead): Operation => ({ op: "delete", id: bead.id, reason: "ended long ago" })),
    ...runs.map(forgetRun),
    ...(await forgetOldVerdicts(ledger, rig.name, now)),
    { op: "putRow", table, key: rig.name, value: now },
  ];
  for (let start = 0; start < operations.length; start += perBatch)
    await ledger.write(actor, operations.slice(start, start + perBatch));
  for (const run of runs) rmSync(join(rig.runtime, "mq", run.id), { recursive: true, force: true });
}
