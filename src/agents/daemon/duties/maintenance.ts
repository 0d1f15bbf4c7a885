import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { raising } from "../../../core/escalation/raise.ts";
import { runGit } from "../../../core/git/git.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { textSetting } from "../../../core/town/setting.ts";
import { openOperations } from "../../lifecycle/operation-record.ts";
import { pruneAllSnapshots } from "../../lifecycle/prune-snapshots.ts";
import { digestReceipts } from "../../plugins/digest-receipts.ts";
import { writePatrolDigest } from "../../patrols/patrol-digest.ts";
import { memoryKey, patrolTable } from "../../patrols/worker-memory.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { copyAway } from "../daemon-log.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { forgetOldSessions } from "./forget-sessions.ts";
import { resumesKey } from "./operations.ts";
import { lastDone, noteDone } from "./last-done.ts";

const hour = 3_600_000;
const day = 24 * hour;
const chore = "maintenance";
const gcTimeoutMs = 10 * 60_000;

/** Whether the daily chores are due: in the hour from `start` (`03:00`, local time), at least 20 hours apart; overdue after a week. Pure. */
export function isMaintenanceDue(now: number, last: number | undefined, start: string): boolean {
  const [hours = 3, minutes = 0] = start.split(":").map(Number);
  const begin = new Date(now).setHours(hours, minutes, 0, 0);
  const isInWindow = [begin, begin - day].some((from) => now >= from && now < from + hour);
  const since = now - (last ?? 0);
  return (isInWindow && since >= 20 * hour) || (last !== undefined && since >= 7 * day);
}

/** D20: what a town needs once a day (spec/04 §8.3). Not while something is being merged. */
export function maintenanceDuty(context: DaemonContext): Duty {
  return {
    key: chore,
    timeoutMs: 30 * 60_000,
    run: async (signal) => {
      const { ledger, clock, town, actor, log } = context;
      const last = await lastDone(ledger, chore);
      const now = clock.now();
      const start = textSetting(town.settings(), "maintenance.window");
      if (!isMaintenanceDue(now, last?.at, start)) return;
      const merging = await ledger.find({
        type: "merge-request",
        notStatus: "closed",
        metadata: { "mr.phase": "running" },
      });
      if (merging.length > 0) return;
      // Noted first: what hangs or breaks must not be begun again every three minutes of the night.
      await noteDone(ledger, actor, chore, { at: now });
      const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        if (signal.aborted) return;
        await work().catch((error: unknown) => log.warn(`maintenance: ${what}: ${String(error)}`));
      };
      await attempt("snapshots", async () => {
        const { snapshots, archives, problems } = await pruneAllSnapshots(context);
        log.info(`maintenance: dropped ${snapshots} snapshots and ${archives} archives`);
        for (const problem of problems) log.warn(`maintenance: ${problem}`);
      });
      for (const rig of town.rigs())
        if (existsSync(rig.repository))
          await attempt(`git gc of ${rig.name}`, () =>
            runGit(rig.repository, ["gc", "--auto", "--quiet"], { timeoutMs: gcTimeoutMs }),
          );
      await attempt("ledger", () => tendLedger(context));
      await attempt("logs", async () => shortenLogs(town.paths.logs));
      await attempt("memory", () => forgetGone(context));
      await attempt("sessions", () => forgetOldSessions(context));
      const yesterday = new Date(now - day).toISOString().slice(0, 10);
      await attempt("digest", () => writePatrolDigest(context, yesterday));
      await attempt("plugin digest", () => digestReceipts(context, yesterday));
    },
  };
}

/** Checks the whole file, which takes a second for each 100 MB, and gives back what deleted rows have left over. */
async function tendLedger(context: DaemonContext): Promise<void> {
  const { ledger } = context;
  // Another kind of ledger keeps itself.
  if (!(ledger instanceof SqliteLedger)) return;
  const answer = String(ledger.database.pragma("integrity_check"));
  if (answer !== "ok") {
    const raised = await raising(context, {
      title: "the ledger's file is damaged",
      reason: `${answer}\nNext: gt down --all && bd doctor --fix`,
      ...{ severity: "critical", by: context.actor, source: "maintenance:ledger", same: "source" },
      eventSource: "daemon",
    });
    await ledger.write(context.actor, raised.operations);
    return;
  }
  ledger.database.compact();
  ledger.database.pragma("wal_checkpoint(TRUNCATE)");
}

/** Logs that processes append to, those of plugins included. */
function shortenLogs(directory: string): void {
  for (const name of existsSync(directory)
    ? readdirSync(directory, { recursive: true, encoding: "utf8" })
    : [])
    if (name.endsWith(".log")) copyAway(join(directory, name));
}

/** What the Witness remembers of agents that are gone. */
async function forgetGone({ ledger, actor }: DaemonContext): Promise<void> {
  const living = new Set(
    (await ledger.agents())
      .filter((agent) => agent.state !== "nuked")
      .map((agent) => memoryKey(agent.address)),
  );
  const rows = await ledger.rows(patrolTable, { prefix: memoryKey("") });
  const operations = new Set((await openOperations(ledger)).map(({ value }) => resumesKey(value.id)));
  const resumes = await ledger.rows(patrolTable, { prefix: resumesKey("") });
  const gone = [
    ...rows.filter((row) => !living.has(row.key)),
    ...resumes.filter((row) => !operations.has(row.key)),
  ];
  if (gone.length === 0) return;
  await ledger.write(
    actor,
    gone.map(({ key }): Operation => ({ op: "deleteRow", table: patrolTable, key })),
  );
}
