import { townPace } from "../../../core/ledger/jsonl/export-pace.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { townScopes } from "../../../core/ledger/town-scopes.ts";
import { keepExported, keepLedger } from "../../../core/ledger/upkeep/keep-ledger.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** D16, D17: due exports, backups, wisps whose time is over, old history (spec/04 §8.2). */
export function ledgerDuty({ ledger, town, actor, log }: DaemonContext): Duty {
  return {
    key: "ledger",
    intervalMs: 60_000,
    run: async () => {
      // Another kind of ledger keeps itself.
      if (!(ledger instanceof SqliteLedger)) return;
      const { problems } = await keepLedger(ledger, { actor, scopes: townScopes(town), pace: townPace });
      for (const problem of problems) log.warn(`ledger: ${problem}`);
    },
  };
}

/** Whoever looks at the files while no daemon runs finds what was written last (spec/01 §9.1). */
export async function exportAtEnd({ ledger, town, actor, log }: DaemonContext): Promise<void> {
  if (!(ledger instanceof SqliteLedger)) return;
  for (const place of townScopes(town)) {
    try {
      await keepExported(ledger, place, { actor, pace: townPace, isEnding: true });
    } catch (error) {
      log.warn(`export of ${place.scope}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
