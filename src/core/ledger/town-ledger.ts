import type { Town } from "../town/town.ts";
import type { Ledger, PrefixEntry } from "./ledger.ts";
import type { Operation } from "./operation.ts";
import { type OpenLedgerOptions, openLedger } from "./open-ledger.ts";
import type { SqliteLedger } from "./store/sqlite-ledger.ts";

/** Prefix of the town's own beads. */
export const townPrefix = "hq";

export type TownLedgerOptions = Partial<Omit<OpenLedgerOptions, "path" | "eventLog">>;

/** The ledger of a town, made on first use, with the prefixes of the town and its rigs registered (spec/01 §8.3). */
export async function openTownLedger(town: Town, options: TownLedgerOptions = {}): Promise<SqliteLedger> {
  const ledger = await openLedger({
    create: true,
    ...options,
    path: town.paths.ledger,
    eventLog: town.paths.events,
  });
  try {
    if (options.readonly !== true) await registerPrefixes(ledger, town);
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function registerPrefixes(ledger: Ledger, town: Town): Promise<void> {
  const wanted: PrefixEntry[] = [
    { prefix: townPrefix, scope: "town", path: "." },
    ...town.rigs().map((rig) => ({ prefix: rig.prefix, scope: rig.name, path: rig.name })),
  ];
  const known = new Map((await ledger.prefixes()).map((entry) => [entry.prefix, entry.scope]));
  const missing = wanted.filter(({ prefix, scope }) => known.get(prefix) !== scope);
  if (missing.length === 0) return;
  const operations = missing.map((entry): Operation => ({ op: "registerPrefix", ...entry }));
  await ledger.write("system", operations);
  const { writeRoutes } = await import("./routes.ts");
  await writeRoutes(town.paths.beads, await ledger.prefixes());
}
