import { Settings } from "../../../core/ledger/settings.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { raising } from "../../../core/escalation/raise.ts";
import { SyncKeeper } from "../../../core/ledger/sync/keep-synced.ts";
import { townScopes } from "../../../core/ledger/town-scopes.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { isDiskTight } from "./disk.ts";

/** One failure is a network that is away for a moment. */
const escalateAfter = 3;

/** Exchanges changed beads with other clones (spec/01 §9.7). */
export function syncDuty(context: DaemonContext): Duty {
  const { ledger, town, actor, log } = context;
  const keeper = ledger instanceof SqliteLedger ? new SyncKeeper(ledger, actor) : undefined;
  return {
    key: "sync",
    intervalMs: 60_000,
    // A fetch may take 60 s and a push 120 s, for each scope.
    timeoutMs: 10 * 60_000,
    run: async () => {
      if (keeper === undefined || !(ledger instanceof SqliteLedger)) return;
      // It begins with an export (spec/04 §12).
      if (await isDiskTight(town)) return;
      const settings = await Settings.read({ beadsDir: town.paths.beads, ledger }, process.env);
      for (const { scope, message, failures } of await keeper.run(townScopes(town), settings)) {
        log.warn(`sync of ${scope}: ${message}`);
        if (failures !== escalateAfter) continue;
        const reason = `the beads of ${scope} could not be synced ${failures} times: ${message}`;
        const raised = await raising(context, {
          ...{
            title: reason,
            reason: "See logs/daemon.log.",
            severity: "medium",
            by: actor,
            tier: "overseer",
          },
          ...{ source: `daemon:sync:${scope}`, same: "source", eventSource: "daemon" },
        });
        await ledger.write(actor, raised.operations);
      }
    },
  };
}
