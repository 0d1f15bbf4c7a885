import { GtError } from "../../core/gt-error.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { numberSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";
import { localDay, spentOn } from "./cost-ledger.ts";

/** Refuses a new session when the day's budget is used up: `E_BUDGET` (spec/03 §10.2). */
export async function expectBudget(town: Town, ledger: Ledger, now: number): Promise<void> {
  const limit = numberSetting(town.settings(), "budget.daily_usd");
  if (limit <= 0) return;
  const spent = await spentOn(ledger, localDay(now));
  if (spent < limit) return;
  throw new GtError("E_BUDGET", `today's budget is used up: $${spent.toFixed(2)} of $${limit.toFixed(2)}`, {
    why: ["running sessions go on; new ones start tomorrow or with a larger budget"],
    hint: `gt config set budget.daily_usd ${Math.ceil(limit * 2)}`,
  });
}
