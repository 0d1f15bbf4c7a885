import { resolve } from "node:path";
import { raising } from "../../../core/escalation/raise.ts";
import { townPace } from "../../../core/ledger/jsonl/export-pace.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { townScopes } from "../../../core/ledger/town-scopes.ts";
import { backUpToGit } from "../../../core/ledger/upkeep/backup-to-git.ts";
import { keepExported, keepLedger, type ReaperPace } from "../../../core/ledger/upkeep/keep-ledger.ts";
import type { Spike } from "../../../core/ledger/upkeep/spike.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import { booleanSetting, durationSetting, textSetting } from "../../../core/town/setting.ts";
import type { Town } from "../../../core/town/town.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { isDiskTight } from "./disk.ts";
import { lastDone, noteDone } from "./last-done.ts";

const backupChore = "ledger-git-backup";

/** D16, D17: due exports, backups, wisps whose time is over, old history (spec/04 §8.3, §10.4). */
export function ledgerDuty(context: DaemonContext): Duty {
  const { ledger, town, actor, log } = context;
  return {
    key: "ledger",
    intervalMs: 60_000,
    timeoutMs: 5 * 60_000,
    run: async () => {
      // Another kind of ledger keeps itself.
      if (!(ledger instanceof SqliteLedger)) return;
      const scopes = townScopes(town);
      const isSparing = await isDiskTight(town);
      const { problems } = await keepLedger(ledger, {
        actor,
        scopes,
        pace: townPace,
        reaper: reaperPace(town),
        isSparing,
      });
      for (const problem of problems) log.warn(`ledger: ${problem}`);
      if (!isSparing) await backUp(context, ledger);
    },
  };
}

/** `lifecycle.reaper.*`, and the same said of the duty in `mayor/daemon.json`. */
export function reaperPace(town: Town): ReaperPace {
  const settings = town.settings();
  const patrol = readPatrols(town)("reaper");
  return {
    isEnabled: patrol.isEnabled && booleanSetting(settings, "lifecycle.reaper.enabled"),
    intervalMs: patrol.intervalMs ?? durationSetting(settings, "lifecycle.reaper.interval"),
    ttlMs: durationSetting(settings, "lifecycle.reaper.delete_age"),
  };
}

/** D16: a commit in `backup.git_repo` for whoever has set one, when something has changed. */
async function backUp(context: DaemonContext, ledger: SqliteLedger): Promise<void> {
  const { town, clock, actor, log } = context;
  const settings = town.settings();
  const patrol = readPatrols(town)("jsonl_backup");
  const setting = textSetting(settings, "backup.git_repo");
  const isWanted = patrol.isEnabled && booleanSetting(settings, "lifecycle.backup.enabled");
  if (setting === "" || !isWanted) return;
  const [now, head] = [clock.now(), String(await ledger.head())];
  const last = await lastDone(ledger, backupChore);
  const everyMs = patrol.intervalMs ?? durationSetting(settings, "lifecycle.backup.interval");
  if (last !== undefined && (now - last.at < everyMs || last.mark === head)) return;
  const repository = resolve(town.root, setting);
  const author = town.overseer();
  const done = await backUpToGit(ledger, { repository, scopes: townScopes(town), author }).catch(
    (error: unknown) => log.warn(`ledger: backup: ${error instanceof Error ? error.message : String(error)}`),
  );
  // What failed or was withheld is looked at once more, whether or not something has changed.
  const isDone = done !== undefined && done.state !== "withheld";
  await noteDone(ledger, actor, backupChore, { at: now, ...(isDone ? { mark: head } : {}) });
  if (done === undefined) return;
  if (done.state === "withheld") await tellOfSpikes(context, repository, done.spikes);
  if (done.state === "committed")
    log.info(`ledger: backed up in ${done.commit.slice(0, 12)} of ${repository}`);
}

async function tellOfSpikes(
  context: DaemonContext,
  repository: string,
  spikes: readonly Spike[],
): Promise<void> {
  const { ledger, actor, log } = context;
  const what = spikes.map(({ file, before, after }) => `${file} ${before} -> ${after} lines`).join(", ");
  log.warn(`ledger: backup withheld: ${what}`);
  const raised = await raising(context, {
    title: "a backup of the ledger was withheld: it has changed too much at once",
    reason: `${what}\nThe last commit in ${repository} is as it was. The same at the next backup is accepted. Look: bd doctor --deep`,
    severity: "high",
    by: actor,
    source: "daemon:backup_spike",
    same: "source",
    eventSource: "daemon",
  });
  await ledger.write(actor, raised.operations);
}

/** Whoever looks at the files while no daemon runs finds what was written last (spec/01 §9.1). */
export async function exportAtEnd({ ledger, town, actor, log }: DaemonContext): Promise<void> {
  if (!(ledger instanceof SqliteLedger) || (await isDiskTight(town))) return;
  for (const place of townScopes(town)) {
    try {
      await keepExported(ledger, place, { actor, pace: townPace, isEnding: true });
    } catch (error) {
      log.warn(`export of ${place.scope}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
