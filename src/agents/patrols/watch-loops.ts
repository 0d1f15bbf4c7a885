import { clearing } from "../../core/escalation/clearing.ts";
import { raising } from "../../core/escalation/raise.ts";
import { readSleeps } from "../../core/health/machine-sleep.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { DutyStatus } from "../daemon/duty-runner.ts";
import { silentLoops } from "../daemon/silent-loops.ts";
import type { TownAccess } from "../town-access.ts";
import { patrolTable } from "./worker-memory.ts";

/** How often in a row a loop was found silent; a row of the table `patrols`. */
interface SilentLoop {
  readonly count: number;
}

const prefix = "loop:";
const escalateAt = 2;
const sourceOf = (loop: string): string => `deacon:loop:${loop}`;

/**
 * The Deacon's look at the loops of witnesses and refineries (spec/04 §10.1): one that is silent is to run again, and the
 * second time somebody is told, once. Returns the keys of those to wake.
 */
export async function watchLoops(
  access: TownAccess,
  duties: readonly DutyStatus[],
): Promise<readonly string[]> {
  const { ledger, town, clock, actor } = access;
  const rows = await ledger.rows<SilentLoop>(patrolTable, { prefix });
  const silent = silentLoops(
    duties.filter(({ key }) => /^(?:witness|refinery):/.test(key)),
    {
      now: clock.now(),
      heartbeatMs: durationSetting(town.settings(), "operational.daemon.heartbeat"),
      sleeps: await readSleeps(ledger),
    },
  );
  const keys = silent.map(({ key }) => key);
  const passed = rows.filter((row) => !keys.includes(row.key.slice(prefix.length)));
  const operations: Operation[] = passed.map(({ key }) => ({ op: "deleteRow", table: patrolTable, key }));
  if (passed.length > 0) {
    const sources = passed.map(({ key }) => sourceOf(key.slice(prefix.length)));
    operations.push(...(await clearing(ledger, sources, actor, "condition cleared")));
  }
  for (const loop of silent) {
    const before = rows.find((row) => row.key === `${prefix}${loop.key}`)?.value.count ?? 0;
    operations.push({
      op: "putRow",
      table: patrolTable,
      key: `${prefix}${loop.key}`,
      value: { count: before + 1 },
    });
    if (before + 1 === escalateAt) operations.push(...(await telling(access, loop)));
  }
  if (operations.length > 0) await ledger.write(actor, operations);
  return keys;
}

async function telling(access: TownAccess, { key, isRunning }: DutyStatus): Promise<readonly Operation[]> {
  const raised = await raising(access, {
    title: `the loop ${key} of the daemon does not come round`,
    reason: `${isRunning ? "It is at work for longer than it may be" : "It does not begin"}. Look: gt daemon status. Then: gt daemon stop -f && gt daemon start`,
    severity: "high",
    by: access.actor,
    source: sourceOf(key),
    same: "source",
    event: { target: key },
    eventSource: "daemon",
  });
  return raised.operations;
}
