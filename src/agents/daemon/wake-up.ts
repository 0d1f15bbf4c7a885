import { addSleep, readSleeps, type Sleep } from "../../core/health/machine-sleep.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { memoryKey } from "../lifecycle/forget-restarts.ts";
import { patrolTable } from "../patrols/worker-memory.ts";
import type { WorkerMemory } from "../patrols/worker-view.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * After the machine has slept: the time counts for nobody, and whoever was told something has as long to answer as before
 * (spec/04 §8.1).
 */
export async function noteSleep(access: TownAccess, sleep: Sleep): Promise<void> {
  const { ledger, actor } = access;
  const memories = await ledger.rows<WorkerMemory>(patrolTable, { prefix: memoryKey("") });
  await ledger.write(actor, [
    addSleep(await readSleeps(ledger), sleep),
    ...memories.map(
      ({ key, value }): Operation => ({
        op: "putRow",
        table: patrolTable,
        key,
        value: shifted(value, sleep.to - sleep.from),
      }),
    ),
  ]);
}

function shifted(memory: WorkerMemory, ms: number): WorkerMemory {
  const acted = Object.entries(memory.acted).map(([what, act]) => [what, { ...act, at: act.at + ms }]);
  return { ...memory, acted: Object.fromEntries(acted) };
}
