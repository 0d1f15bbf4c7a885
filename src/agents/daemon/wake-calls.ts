import type { Ledger } from "../../core/ledger/ledger.ts";
import { parseAddress } from "../../core/town/address.ts";
import { loopsOf } from "./role-loops.ts";
import { wakePrefix } from "./wake-call.ts";

/**
 * Takes the calls of whoever nudged a builtin role and returns the duties that have to look because of them (spec/03
 * §7.3). The rows go before the duties run: a call that comes meanwhile is a new one.
 */
export async function takeWakeCalls(ledger: Ledger, actor: string): Promise<ReadonlySet<string>> {
  const calls = await ledger.rows("duties", { prefix: wakePrefix });
  if (calls.length === 0) return new Set();
  await ledger.write(
    actor,
    calls.map(({ key }) => ({ op: "deleteRow", table: "duties", key }) as const),
  );
  return new Set(
    calls.flatMap(({ key }) => {
      const address = parseAddress(key.slice(wakePrefix.length));
      return address === undefined ? [] : loopsOf(address);
    }),
  );
}
