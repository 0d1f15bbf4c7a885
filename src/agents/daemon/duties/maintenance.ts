import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { raising } from "../../../core/escalation/raise.ts";
import { runGit } from "../../../core/git/git.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { mergeRequest } from "../../../core/merge/merge-request.ts";
import { type DailyWindow, isInWindow, parseDailyWindow } from "../../../core/town/daily-window.ts";
import { rigProperty } from "../../../core/town/rig-properties.ts";
import { textSetting } from "../../../core/town/setting.ts";
import type { Rig } from "../../../core/town/town.ts";
import { openOperations } from "../../lifecycle/operation-record.ts";
import { pruneAllSnapshots } from "../../lifecycle/prune-snapshots.ts";
import { digestReceipts } from "../../plugins/digest-receipts.ts";
import { writePatrolDigest } from "../../patrols/patrol-digest.ts";
import { memoryKey } from "../../lifecycle/forget-restarts.ts";
import { patrolTable } from "../../patrols/worker-memory.ts";
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

/** Whether the daily chores are due: in their window, at least 20 hours apart; overdue after a week. Pure. */
export function isMaintenanceDue(now: number, last: number | undefined, window: DailyWindow): boolean {
  const since = now - (last ?? 0);
  return (isInWindow(now, window) && since >= 20 * hour) || (last !== undefined && since >= 7 * day);
}

/** `maintenance.window` of the settings. */
const usualWindow: DailyWindow = { start: 3 * 60, end: 4 * 60 };

/**
 * D20: what a town needs once a day (spec/04 §8.3). Not while something is being merged. A rig with a
 * `maintenance_window` of its own has its repository tended in that one instead (spec/04 §7.4).
 */
export function maintenanceDuty(context: DaemonContext): Duty {
  return {
    key: chore,
    timeoutMs: 30 * 60_000,
    run: async (signal) => {
      const { town } = context;
      const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
        if (signal.aborted) return;
        await work().catch((error: unknown) => context.log.warn(`maintenance: ${what}: ${String(error)}`));
      };
      const merging = await mergingRigs(context.ledger);
      const usual: Rig[] = [];
      for (const rig of town.rigs()) {
        const window = await ownWindow(context, rig);
        if (window === undefined) usual.push(rig);
        else if (!merging.has(rig.name) && (await begins(context, `${chore}:${rig.name}`, window)))
          await tendRepositories(context, [rig], attempt);
      }
      const window = parseDailyWindow(textSetting(town.settings(), "maintenance.window")) ?? usualWindow;
      if (merging.size > 0 || !(await begins(context, chore, window))) return;
      await tendRepositories(context, usual, attempt);
      await attempt("ledger", () => tendLedger(context));
      await attempt("logs", async () => shortenLogs(town.paths.logs));
      await attempt("memory", () => forgetGone(context));
      await attempt("sessions", () => forgetOldSessions(context));
      const yesterday = new Date(context.clock.now() - day).toISOString().slice(0, 10);
      await attempt("digest", () => writePatrolDigest(context, yesterday));
      await attempt("plugin digest", () => digestReceipts(context, yesterday));
    },
  };
}

type Attempt = (what: string, work: () => Promise<unknown>) => Promise<void>;

/** Noted before anything is done: what hangs or breaks must not be begun again every three minutes of the night. */
async function begins(
  { ledger, clock, actor }: DaemonContext,
  key: string,
  window: DailyWindow,
): Promise<boolean> {
  const now = clock.now();
  if (!isMaintenanceDue(now, (await lastDone(ledger, key))?.at, window)) return false;
  await noteDone(ledger, actor, key, { at: now });
  return true;
}

async function ownWindow({ town, ledger }: DaemonContext, rig: Rig): Promise<DailyWindow | undefined> {
  const text = await rigProperty(town, ledger, rig, "maintenance_window");
  return typeof text === "string" ? parseDailyWindow(text) : undefined;
}

/** Names of the rigs into which something is merged at the moment. */
async function mergingRigs(ledger: Ledger): Promise<ReadonlySet<string>> {
  const merging = await ledger.find({
    type: "merge-request",
    notStatus: "closed",
    metadata: { "mr.phase": "running" },
  });
  return new Set(merging.map((bead) => mergeRequest(bead).rig));
}

/** Snapshots past their time, and what git collects of the rest. */
async function tendRepositories(
  context: DaemonContext,
  rigs: readonly Rig[],
  attempt: Attempt,
): Promise<void> {
  const { log } = context;
  await attempt("snapshots", async () => {
    const { snapshots, archives, problems } = await pruneAllSnapshots(context, { rigs });
    const where = rigs.map((rig) => rig.name).join(", ");
    log.info(`maintenance: dropped ${snapshots} snapshots and ${archives} archives of ${where || "no rig"}`);
    for (const problem of problems) log.warn(`maintenance: ${problem}`);
  });
  for (const rig of rigs)
    if (existsSync(rig.repository))
      await attempt(`git gc of ${rig.name}`, () =>
        runGit(rig.repository, ["gc", "--auto", "--quiet"], { timeoutMs: gcTimeoutMs }),
      );
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
