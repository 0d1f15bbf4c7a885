import { townPace } from "../../../core/ledger/jsonl/export-pace.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { townScopes } from "../../../core/ledger/town-scopes.ts";
import { keepLedger } from "../../../core/ledger/upkeep/keep-ledger.ts";
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
