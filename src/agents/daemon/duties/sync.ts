import { Settings } from "../../../core/ledger/settings.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { SyncKeeper } from "../../../core/ledger/sync/keep-synced.ts";
import { townScopes } from "../../../core/ledger/town-scopes.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** One failure is a network that is away for a moment. */
const escalateAfter = 3;

/** Exchanges changed beads with other clones (spec/01 §9.7). */
export function syncDuty({ ledger, town, actor, log }: DaemonContext): Duty {
  const keeper = ledger instanceof SqliteLedger ? new SyncKeeper(ledger, actor) : undefined;
  return {
    key: "sync",
    intervalMs: 60_000,
    // A fetch may take 60 s and a push 120 s, for each scope.
    timeoutMs: 10 * 60_000,
    run: async () => {
      if (keeper === undefined || !(ledger instanceof SqliteLedger)) return;
      const settings = await Settings.read({ beadsDir: town.paths.beads, ledger }, process.env);
      for (const { scope, message, failures } of await keeper.run(townScopes(town), settings)) {
        log.warn(`sync of ${scope}: ${message}`);
        if (failures !== escalateAfter) continue;
        const reason = `the beads of ${scope} could not be synced ${failures} times: ${message}`;
        const payload = { severity: "medium", to: "overseer", reason };
        await ledger.write(actor, [
          { op: "event", event: { type: "escalation_sent", payload, source: "daemon" } },
        ]);
      }
    },
  };
}
